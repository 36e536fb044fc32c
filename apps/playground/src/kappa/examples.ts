/** Pictures to begin with: of the data set where the page has some of it, else ones that the model makes. */
import type { PlanarImage } from '@mixflow/core'
import type { WebModel } from '@mixflow/sdk-web'
import { scaled } from './scale-picture.ts'

export interface Example {
  readonly picture: PlanarImage
  /** Class, where there are classes. */
  readonly label: number | undefined
}

export interface Examples {
  readonly list: readonly Example[]
  /** Where they are from. */
  readonly credit: string
}

/** A row of pictures, one of each class in turn. */
const sheets: Readonly<Record<string, { readonly file: string; readonly count: number; readonly credit: string }>> = {
  mnist: {
    file: 'pictures/mnist.png',
    count: 10,
    credit: 'Digits of MNIST, by Yann LeCun and Corinna Cortes, derived from data of NIST, CC BY-SA 3.0.',
  },
}

export async function examplesFor(model: WebModel, signal: AbortSignal): Promise<Examples> {
  const { dataset } = model.manifest.training
  const { image, labels } = model.capabilities()
  const sheet = /^(mnist|quickstart)\b/i.test(dataset) && image.channels === 1 ? sheets.mnist : undefined
  if (sheet === undefined) {
    const { images } = await model.sample({ count: 10, seed: 1, signal })
    return { list: images.map(picture => ({ picture, label: picture.label })), credit: 'Made by the model itself.' }
  }
  const response = await fetch(new URL(sheet.file, document.baseURI), { signal })
  const whole = await createImageBitmap(await response.blob())
  const side = whole.height
  const cut = async (i: number): Promise<Example> => ({
    picture: await scaled(whole, { image, from: { x: i * side, y: 0, width: side, height: side } }),
    label: labels === null ? undefined : i % labels.count,
  })
  return { list: await Promise.all(Array.from({ length: sheet.count }, (_, i) => cut(i))), credit: sheet.credit }
}
