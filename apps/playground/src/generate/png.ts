/** Saves images as PNG files. */
import { imageGrid, type PlanarImage } from '@mixflow/core'
import { encodePng, magnify } from '@mixflow/core/internal'

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
  const blob = new Blob([await encodePng(image)], { type: 'image/png' })
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = `${name}.png`
  link.click()
  // revoking the URL at once would cancel the download in some browsers
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
