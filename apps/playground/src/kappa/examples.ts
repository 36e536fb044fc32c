/** Example images for κ: from the model's data set if the page has some of it, else sampled from the model. */
import type { PlanarImage } from '@mixflow/core'
import type { WebModel } from '@mixflow/sdk-web'
import { resized } from './resize-image.ts'

export interface Example {
  readonly image: PlanarImage
  /** undefined if the model has no classes. */
  readonly label: number | undefined
}

export interface Examples {
  readonly list: readonly Example[]
  /** Where they come from. */
  readonly credit: string
}

/** A row of images, one of each class in order. */
const mnist = {
  file: 'images/mnist.png',
  count: 10,
  credit: 'MNIST digits by Yann LeCun and Corinna Cortes, derived from NIST data, CC BY-SA 3.0.',
}

export async function examplesFor(model: WebModel, signal: AbortSignal): Promise<Examples> {
  const { dataset } = model.manifest.training
  const { image, labels } = model.capabilities()
  if (!/^(mnist|quickstart)\b/i.test(dataset) || image.channels !== 1) {
    const { images } = await model.sample({ count: 10, seed: 1, signal })
    return { list: images.map(sample => ({ image: sample, label: sample.label })), credit: 'Sampled from this model.' }
  }
  const response = await fetch(new URL(mnist.file, document.baseURI), { signal })
  const sheet = await createImageBitmap(await response.blob())
  const side = sheet.height
  const cut = async (i: number): Promise<Example> => ({
    image: await resized(sheet, { image, from: { x: i * side, y: 0, width: side, height: side } }),
    label: labels === null ? undefined : i % labels.count,
  })
  return { list: await Promise.all(Array.from({ length: mnist.count }, (_, i) => cut(i))), credit: mnist.credit }
}
