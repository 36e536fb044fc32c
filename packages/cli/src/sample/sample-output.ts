/**
 * Where sampled pictures go: `--out name.png` is one picture of all in rows, any other name a folder with a file for each.
 * Asked before anything is sampled, so that a name that cannot be written to costs no waiting.
 */

import { stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { imageGrid, MixflowError, magnify, type PlanarImage } from '@mixflow/core'
import { checkFolder, checkPngPath, writePng } from '../terminal/write-png.ts'

export interface SampleOutput {
  readonly kind: 'grid' | 'folder'
  readonly path: string
}

const mostInGrid = 10_000

/** @throws MixflowError ARGUMENT_INVALID for a file that is no .png, or too many images for one, OUTPUT_EXISTS where something else is at the path, OUTPUT_DISK */
export async function chooseOutput(out = 'samples.png', count = 1): Promise<SampleOutput> {
  const isFolder = /[/\\]$/.test(out) || extname(out) === '' || (await stat(out).catch(() => null))?.isDirectory()
  if (isFolder) {
    await checkFolder(out)
    return { kind: 'folder', path: out }
  }
  await checkPngPath(out)
  if (count <= mostInGrid) return { kind: 'grid', path: out }
  throw new MixflowError('ARGUMENT_INVALID', `${count} images are too many for one picture: at most ${mostInGrid}`, {
    hint: 'give a folder, for a file each: --out samples/',
    details: { count, most: mostInGrid },
  })
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
