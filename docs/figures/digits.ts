/** Rows of digits of the published models: by number of evaluations beside the baseline, and variations by w. */
import { loadModel } from '@mixflow/sdk-node'
import { gridPng } from '@mixflow/train'

const open = (name: string) => loadModel(new URL(`../../models/${name}`, import.meta.url).pathname)
const row = (images: Parameters<typeof gridPng>[0]) => gridPng(images, { columns: images.length, scale: 1 })

export async function digitFigures(): Promise<Record<string, Uint8Array>> {
  const figures: Record<string, Uint8Array> = {}
  const labels = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
  for (const name of ['mnist', 'mnist-rectified-flow']) {
    const model = await open(name)
    for (const nfe of [1, 2, 3, 5, 9]) {
      const { images } = await model.sample({ count: 10, label: labels, nfe, seed: 1, guidance: 0 })
      figures[`${name}-${nfe}`] = row(images)
    }
    await model.dispose()
  }
  const model = await open('mnist')
  const { images } = await model.sample({ count: 1, label: 3, nfe: 33, seed: 2 })
  figures.variations = row(images)
  for (const mixtureWeight of [0, 0.5, 0.8, 0.9, 1]) {
    const { images: like } = await model.variations(images[0]!, { count: 10, mixtureWeight, nfe: 9, seed: 1 })
    figures[`variations-${mixtureWeight}`] = row(like)
  }
  await model.dispose()
  return figures
}
