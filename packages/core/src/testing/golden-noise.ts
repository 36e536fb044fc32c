/**
 * The noise that every engine, device and version must produce, as one hash: 64 images of 1,024 normal numbers.
 *
 * The hash was also obtained from an independent program that draws the same words and evaluates the inverse normal
 * distribution with 30 digits, rounding each result once to float32: the generator is correctly rounded throughout.
 */
import { normals } from '../method/random/random.ts'

export const goldenNoise = {
  draw: { seed: 42, stream: 'noise', firstImage: 0, images: 64, elementsPerImage: 1024 },
  /** SHA-256 of the little-endian float32 bytes. */
  sha256: '5803c27d27bbfe73cfb7b0bc5889088f435fa4bcf78a831e57d70d66d26b60a2',
} as const

/** What this engine produces, to be compared with `goldenNoise.sha256`. Needs Web Crypto (Node, or a secure page). */
export async function noiseHash(): Promise<string> {
  const noise = normals(goldenNoise.draw)
  const bytes = new DataView(new ArrayBuffer(noise.byteLength))
  for (const [i, value] of noise.entries()) bytes.setFloat32(4 * i, value, true)
  const digest = await crypto.subtle.digest('SHA-256', bytes)
  return Array.from(new Uint8Array(digest), byte => byte.toString(16).padStart(2, '0')).join('')
}
