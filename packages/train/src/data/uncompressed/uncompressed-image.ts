/** An image format without compression: the header is read first, so that the memory is known before any pixel is decoded. */

export interface UncompressedImage {
  readonly width: number
  readonly height: number
  /** Grey, RGB, or RGBA. */
  readonly channels: 1 | 3 | 4
  /** Decodes the pixels: interleaved bytes [height, width, channels]. Throws an Error that says what is wrong with them. */
  pixels(): Uint8Array
}

/** A table that maps samples 0..maximum to bytes. */
export const toByte = (maximum: number): Uint8Array =>
  Uint8Array.from({ length: maximum + 1 }, (_, value) => Math.round((255 * value) / maximum))
