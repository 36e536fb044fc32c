/** A PNG inside the page, as a data URI with its size, so that nothing moves while it is read. */
import { type Html, html } from './html.ts'
import { pngSize } from './png.ts'

export function picture(png: Uint8Array, alt: string): Html {
  const size = pngSize(png)
  const uri = `data:image/png;base64,${Buffer.from(png.buffer, png.byteOffset, png.byteLength).toString('base64')}`
  return html`<img src="${uri}" alt="${alt}"${size && html` width="${size.width}" height="${size.height}"`}>`
}
