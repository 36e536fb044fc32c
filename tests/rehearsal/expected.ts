/** The images that every page must show. */
import { loadModel } from '@mixflow/sdk-node'

export type Expected = Awaited<ReturnType<typeof picturesOf>>

/** What the examples draw, by the sources: rows of four images, and the first and the last one as PNG files. */
export async function picturesOf(folder: string) {
  await using model = await loadModel(folder)
  const { images } = await model.sample({ count: 16, nfe: 5, seed: 42 })
  const { width, height } = model.capabilities().image
  const rgba = new Array<number>(16 * width * height * 4)
  for (const [i, image] of images.entries()) {
    const { data } = image.toImageData()
    const [left, top] = [(i % 4) * width, Math.floor(i / 4) * height]
    for (const [k, value] of data.entries()) {
      const [x, y] = [left + (Math.floor(k / 4) % width), top + Math.floor(k / 4 / width)]
      rgba[(y * 4 * width + x) * 4 + (k % 4)] = value
    }
  }
  const [first, last] = [await images[0]!.toPng(), await images[15]!.toPng()]
  return { width: 4 * width, height: 4 * height, rgba, first, last }
}
