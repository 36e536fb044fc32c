/**
 * Whether variations of an image keep its class: for MNIST test digits, the fraction of variations that a classifier assigns to the class of
 * the original, by mixture weight, with the label that the model infers, none, or a random one; and how often the inferred label is right.
 * One variation per digit and weight.
 *
 *   npx -y pnpm@12 --filter @mixflow/bench run variations [MODEL] [--n 1000] [--weights 0.8,0.9,1] [--data FOLDER]
 */
import { parseArgs } from 'node:util'
import { integers } from '@mixflow/core'
import { concatenate, splitImages } from '@mixflow/core/internal'
import { findExtractor, openExtractor } from '@mixflow/measure'
import { loadModel } from '@mixflow/sdk-node'
import { openData } from '@mixflow/train'
import { printTable } from './measure.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    n: { type: 'string', default: '1000' },
    weights: { type: 'string', default: '0.8,0.9,1' },
    data: { type: 'string', default: 'mnist' },
  },
})
const source = positionals[0] ?? new URL('../../models/mnist/', import.meta.url).pathname
const [n, weights] = [Number(values.n), values.weights.split(',').map(Number)]

const data = await openData(values.data, { split: 'test' })
const indices = Array.from({ length: n }, (_, i) => i)
const { images, labels } = data.batch(indices)
const classes = [...labels!]
const originals = splitImages(images, data)

await using model = await loadModel(source)
const known = model.manifest.labels!
const all = ['inferred', 'none', 'random'] as const
const choices = all.filter(choice => choice !== 'none' || !known.required)
const drawn = (seed: number) => integers({ seed, stream: 'label', images: 1, below: known.count })[0]!
const made = new Map<string, Float32Array[]>()
const inferred: number[] = []
for (const [i, original] of originals.entries()) {
  for (const choice of choices) {
    for (const [k, mixtureWeight] of weights.entries()) {
      // the inferred label does not depend on w
      const label = choice === 'none' ? null : choice === 'random' ? drawn(i) : inferred[i]
      const result = await model.variations(original, { mixtureWeight, seed: i, ...(label !== undefined && { label }) })
      const [image] = result.images
      if (choice === 'inferred' && k === 0) inferred.push(image!.label!)
      const key = `${choice} ${mixtureWeight}`
      made.set(key, [...(made.get(key) ?? []), image!.data])
    }
  }
  if ((i + 1) % 100 === 0) report(i + 1, await readAll(i + 1))
}

async function readAll(count: number) {
  const stored = await findExtractor('mnist-reader')
  const extractor = await openExtractor(stored.network, stored.description)
  const shareRight = async (all: readonly Float32Array[]) => {
    const { logits } = await extractor.extract(concatenate([...all]))
    const width = logits!.length / count
    const read = all.map((_, i) => {
      const own = logits!.subarray(i * width, (i + 1) * width)
      return own.indexOf(Math.max(...own))
    })
    return read.filter((label, i) => label === classes[i]).length / count
  }
  const shares = new Map<string, number>()
  for (const [key, all] of made) shares.set(key, await shareRight(all))
  shares.set('originals', await shareRight(originals.slice(0, count).map(({ data }) => data)))
  await extractor.dispose()
  return shares
}

function report(count: number, shares: ReadonlyMap<string, number>): void {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`
  const accuracy = percent(shares.get('originals')!)
  console.log(`\n${count} test digits of ${data.name}; accuracy of the classifier on the originals: ${accuracy}`)
  const right = inferred.slice(0, count).filter((label, i) => label === classes[i]).length / count
  console.log(`accuracy of the inferred label: ${percent(right)}`)
  const rows = choices.map(choice => [choice, ...weights.map(w => percent(shares.get(`${choice} ${w}`)!))])
  printTable(['label', ...weights.map(w => `w = ${w}`)], rows)
}
