/** Saves images as PNG files. */
import { imageGrid, type PlanarImage } from '@mixflow/core'
import { magnify, toRgba } from '@mixflow/core/internal'

/** Grids of small images are magnified to about this many pixels per image, so that image viewers do not blur them. */
const minWidth = 112

/** Saves one image in its own size. */
export const saveImage = (image: PlanarImage, name: string): Promise<void> => save(image, name)

export function saveGrid(images: readonly PlanarImage[], name: string): Promise<void> {
  const factor = Math.max(1, Math.floor(minWidth / images[0]!.width))
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
  if (blob === null) throw new Error('the browser could not encode the PNG')
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = `${name}.png`
  link.click()
  // revoking the URL at once would cancel the download in some browsers
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
