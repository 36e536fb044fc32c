/**
 * Estimates how many bytes decoding an image takes at its peak. A small file can be an enormous image: 16,000 x 16,000
 * pixels of one colour are a PNG of 31 kB.
 *
 * JPEG and PNG are decoded row by row and scaled on the way, unless they are progressive or interlaced; the other formats
 * are decoded whole. The factors were measured with images of 16 to 144 megapixels.
 */
import type { Metadata } from 'sharp'

export interface DecodeCostOptions {
  /** Whether all pixels are needed at once, at their full size. */
  readonly whole: boolean
}

export type CostFacts = Pick<Metadata, 'width' | 'height' | 'channels' | 'depth' | 'format'> &
  Partial<Pick<Metadata, 'isProgressive' | 'bitsPerSample'>>

/** Rows that libvips holds at once, generously. */
const rows = 512

/** Bytes per pixel while a file is decoded whole: AVIF's frames and their conversion, GIF's and WebP's canvas. */
const perPixel: Readonly<Record<string, number>> = { heif: 18, gif: 6, webp: 6 }

export function decodeCost(
  { width, height, channels, depth, format, isProgressive, bitsPerSample = 8 }: CostFacts,
  { whole }: DecodeCostOptions,
): number {
  const pixels = width * height
  const sampleBytes = depth === 'ushort' ? 2 : 1
  const ofPixel = channels * sampleBytes
  // JPEG keeps coefficients of two bytes until the last scan.
  if (format === 'jpeg' && isProgressive) return pixels * (2 * channels + (whole ? 6 : 0))
  const isByRow = format === 'jpeg' || (format === 'png' && !isProgressive)
  const decoded = isByRow
    ? Math.min(height, rows) * width * ofPixel
    : pixels * (bitsPerSample > 8 && format === 'heif' ? 24 : (perPixel[format] ?? ofPixel))
  return decoded + (whole ? pixels * (ofPixel + 6) : 0)
}
