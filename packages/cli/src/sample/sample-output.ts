/**
 * Where sampled pictures go: `--out name.png` is one picture of all in rows, any other name a folder with a file for each.
 * Asked before anything is sampled, so that a name that cannot be written to costs no waiting.
 */

import { stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { imageGrid, magnify, type PlanarImage } from '@mixflow/core'
import { checkPngPath, writePng } from '../terminal/write-png.ts'

export interface SampleOutput {
  readonly kind: 'grid' | 'folder'
  readonly path: string
}

/** @throws MixflowError ARGUMENT_INVALID for a file that is no .png, OUTPUT_EXISTS where something else is at the path */
export async function chooseOutput(out = 'samples.png'): Promise<SampleOutput> {
  const isFolder = /[/\\]$/.test(out) || extname(out) === '' || (await stat(out).catch(() => null))?.isDirectory()
  if (isFolder) return { kind: 'folder', path: out }
  await checkPngPath(out)
  return { kind: 'grid', path: out }
}

/** An image of a seed. */
export interface NumberedImage extends PlanarImage {
  readonly index: number
  readonly seed: number
}

export interface WriteOptions {
  readonly columns?: number | undefined
  /** sdk-node's, which is loaded when it is needed. */
  readonly encodePng: (image: PlanarImage) => Uint8Array
}

/** Returns what was written, for people. */
export async function writeSamples(
  { kind, path }: SampleOutput,
  images: readonly NumberedImage[],
  { columns, encodePng }: WriteOptions,
): Promise<string> {
  if (kind === 'grid') {
    await writePng(path, encodePng(samplesGrid(images, columns)))
    return path
  }
  const names = images.map(image => join(path, fileName(image)))
  for (const name of names) await checkPngPath(name)
  for (const [i, image] of images.entries()) await writePng(names[i] as string, encodePng(image))
  return names.length === 1 ? (names[0] as string) : `${names[0]} … ${names.at(-1)}`
}

/** The same picture always has the same name. */
const fileName = ({ seed, index }: NumberedImage): string => `seed-${seed}-${String(index).padStart(5, '0')}.png`

/** Small pictures are enlarged to about this many pixels. */
const tileHeight = 84

export function samplesGrid(images: readonly PlanarImage[], columns?: number): PlanarImage {
  const factor = Math.min(64, Math.max(1, Math.round(tileHeight / (images[0]?.height ?? tileHeight))))
  const grid = imageGrid(images, { padding: 1, background: -0.7, ...(columns === undefined ? {} : { columns }) })
  return magnify(grid, factor)
}
