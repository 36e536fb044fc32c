/** Pictures as PNG files, given to whoever looks at the page. */
import { imageGrid, type PlanarImage } from '@mixflow/core'
import { magnify, toRgba } from '@mixflow/core/internal'

/** Small pictures are enlarged by a whole factor to about this many pixels, so that viewers do not blur them. */
const handy = 112

/** One picture as it is: pixel for pixel. */
export const savePicture = (image: PlanarImage, name: string): Promise<void> => save(image, name)

/** All of them in rows, each enlarged if it is small. */
export function saveGrid(images: readonly PlanarImage[], name: string): Promise<void> {
  const factor = Math.max(1, Math.floor(handy / images[0]!.width))
  const columns = Math.min(images.length, 8, Math.ceil(Math.sqrt(images.length)))
  return save(magnify(imageGrid(images, { columns }), factor), name)
}

async function save(image: PlanarImage, name: string): Promise<void> {
  const canvas = document.createElement('canvas')
  canvas.width = image.width
  canvas.height = image.height
  const { data } = toRgba(image)
  canvas.getContext('2d')!.putImageData(new ImageData(data, image.width, image.height), 0, 0)
  const blob = await new Promise<Blob | null>(resolve => canvas.toBlob(resolve, 'image/png'))
  if (blob === null) throw new Error('the browser gives no PNG')
  const address = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = address
  link.download = `${name}.png`
  link.click()
  // the download has begun once the page is idle again
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}
