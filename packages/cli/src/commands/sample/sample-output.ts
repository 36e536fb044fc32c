/**
 * Where samples go, by the ending of --out: `.png` is one grid, `.npz` and `.zip` are archives, anything else is a folder. The path is
 * checked before anything is sampled. Folders and archives hold one batch in memory and can be resumed; a grid cannot.
 */

import { stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { imageGrid, MixflowError, type PlanarImage } from '@mixflow/core'
import { defined, magnify } from '@mixflow/core/internal'
import { writeFileDurably } from '@mixflow/files'
import { checkFileFolder, checkFolder, checkPngPath, checkReplaceable } from '../../terminal/check-output.ts'
import { npzSink, zipSink } from './archive-sinks.ts'
import { folderSink } from './folder-sink.ts'
import type { SampleSink, SinkOptions } from './sink.ts'

export type OutputKind = 'grid' | 'folder' | 'npz' | 'zip'

export interface SampleOutput {
  readonly kind: OutputKind
  readonly path: string
}

const maxGridImages = 10_000
const fileKinds: Readonly<Record<string, OutputKind>> = { '.png': 'grid', '.npz': 'npz', '.zip': 'zip' }

/**
 * @throws MixflowError ARGUMENT_INVALID for another kind of file, or too many images for a grid; OUTPUT_EXISTS where another kind of
 *   file is at the path; OUTPUT_DISK
 */
export async function chooseOutput(out = 'samples.png', count = 1): Promise<SampleOutput> {
  const extension = extname(out).toLowerCase()
  const isFolder = /[/\\]$/.test(out) || extension === '' || (await stat(out).catch(() => null))?.isDirectory()
  const kind = isFolder ? 'folder' : fileKinds[extension]
  if (kind === undefined) {
    throw new MixflowError('ARGUMENT_INVALID', `${out} does not end in .png, .npz or .zip`, {
      hint: `for example --out ${out.slice(0, -extension.length) || 'images'}.png`,
      details: { path: out },
    })
  }
  if (kind === 'folder') await checkFolder(out)
  else if (kind === 'grid') await checkPngPath(out)
  else {
    await checkFileFolder(out)
    await checkReplaceable(out, { type: 'an archive', signature: [0x50, 0x4b, 0x03, 0x04] })
  }
  if (kind !== 'grid' || count <= maxGridImages) return { kind, path: out }
  throw new MixflowError('ARGUMENT_INVALID', `too many images for one grid: ${count}, at most ${maxGridImages}`, {
    hint: 'write a folder or an archive: --out samples/ or --out samples.npz',
    details: { count, most: maxGridImages },
  })
}

const sinks = { grid: gridSink, folder: folderSink, npz: npzSink, zip: zipSink }

/** @throws MixflowError OUTPUT_EXISTS where `resume` finds other samples; ARGUMENT_INVALID for an archive that is too large; OUTPUT_DISK */
export const openSink = ({ kind, path }: SampleOutput, options: SinkOptions): Promise<SampleSink> =>
  sinks[kind](path, options)

async function gridSink(path: string, { columns, encodePng }: SinkOptions): Promise<SampleSink> {
  const all: PlanarImage[] = []
  return {
    kept: 0,
    async add(images) {
      all.push(...images)
    },
    async finish() {
      await writeFileDurably(path, encodePng(samplesGrid(all, columns)))
      return path
    },
    async [Symbol.asyncDispose]() {},
  }
}

/** Small images are magnified to about this height. */
const tileHeight = 84

export function samplesGrid(images: readonly PlanarImage[], columns?: number): PlanarImage {
  const factor = Math.min(64, Math.max(1, Math.round(tileHeight / (images[0]?.height ?? tileHeight))))
  const grid = imageGrid(images, { padding: 1, background: -0.7, ...defined({ columns }) })
  return magnify(grid, factor)
}
