/**
 * Whether variations of an image show its class: for test digits of MNIST, the share of variations that a reader takes for the
 * original's class, by mixture weight, where the label is the one that the model sees, none, or drawn at random; and how often the
 * label that the model sees is right. One variation per digit and weight.
 *
 *   npx -y pnpm@12 --filter @mixflow/bench run variations [MODEL] [--n 1000] [--weights 0.8,0.9,1] [--data FOLDER]
 */
import { parseArgs } from 'node:util'
import { integers } from '@mixflow/core'
import { concatenate, splitImages } from '@mixflow/core/internal'
import { findExtractor, openExtractor } from '@mixflow/measure'
import { loadModel } from '@mixflow/sdk-node'
import { openData } from '@mixflow/train'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    n: { type: 'string', default: '1000' },
    weights: { type: 'string', default: '0.8,0.9,1' },
    data: { type: 'string', default: 'mnist' },
  },
})
const place = positionals[0] ?? new URL('../../models/mnist/', import.meta.url).pathname
const [n, weights] = [Number(values.n), values.weights.split(',').map(Number)]

const data = await openData(values.data, { split: 'test' })
const indices = Array.from({ length: n }, (_, i) => i)
const { images, labels } = data.batch(indices)
const classes = [...labels!]
const pictures = splitImages(images, data)

await using model = await loadModel(place)
const known = model.manifest.labels!
const all = ['as the model sees it', 'none', 'drawn at random'] as const
const choices = all.filter(choice => choice !== 'none' || !known.required)
const drawn = (seed: number) => integers({ seed, stream: 'label', images: 1, below: known.count })[0]!
const made = new Map<string, Float32Array[]>()
const seen: number[] = []
for (const [i, picture] of pictures.entries()) {
  for (const choice of choices) {
    for (const [k, mixtureWeight] of weights.entries()) {
      // what the model sees does not depend on w: it is asked once for each digit
      const label = choice === 'none' ? null : choice === 'drawn at random' ? drawn(i) : seen[i]
      const result = await model.variations(picture, { mixtureWeight, seed: i, ...(label !== undefined && { label }) })
      const [image] = result.images
      if (choice === 'as the model sees it' && k === 0) seen.push(image!.label!)
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
  shares.set('originals', await shareRight(pictures.slice(0, count).map(({ data }) => data)))
  await extractor.dispose()
  return shares
}

function report(count: number, shares: ReadonlyMap<string, number>): void {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`
  console.log(
    `\n${count} test digits of ${data.name}; the reader takes ${percent(shares.get('originals')!)} of them for what they are`,
  )
  const right = seen.slice(0, count).filter((label, i) => label === classes[i]).length / count
  console.log(`the label that the model sees is right for ${percent(right)}`)
  console.log(['label', ...weights.map(w => `w = ${w}`)].join('\t'))
  for (const choice of choices) {
    console.log([choice, ...weights.map(w => percent(shares.get(`${choice} ${w}`)!))].join('\t'))
  }
}
