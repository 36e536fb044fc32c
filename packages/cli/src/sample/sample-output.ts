/**
 * Where sampled pictures go, by the name of `--out`: `.png` is one picture of all in rows, `.npz` one array of bytes (for
 * programs that measure), `.zip` an archive with a PNG for each, any other name a folder of these. Asked before anything
 * is sampled, so that a name that cannot be written to costs no waiting.
 *
 * All but the grid take pictures as they are made and forget them, and can be gone on with after a kill.
 */

import { stat } from 'node:fs/promises'
import { dirname, extname } from 'node:path'
import { MixflowError, type PlanarImage } from '@mixflow/core'
import { openRegularFile } from '@mixflow/files'
import { checkFolder, checkPngPath } from '../terminal/check-output.ts'
import { folderSink } from './folder-sink.ts'
import { gridSink } from './grid-sink.ts'
import { npzSink } from './npz-sink.ts'
import type { SampleRecord } from './sample-record.ts'
import { zipSink } from './zip-sink.ts'

export type OutputKind = 'grid' | 'folder' | 'npz' | 'zip'

export interface SampleOutput {
  readonly kind: OutputKind
  readonly path: string
}

/** An image of a seed. */
export interface NumberedImage extends PlanarImage {
  readonly index: number
  readonly seed: number
}

/** Takes pictures in the order of their index. */
export interface SampleSink extends AsyncDisposable {
  /** So many of the first pictures are there from a call before. */
  readonly kept: number
  add(images: readonly NumberedImage[]): Promise<void>
  /** Returns what was written, for people. */
  finish(): Promise<string>
}

export interface SinkOptions {
  readonly record: SampleRecord
  readonly image: Pick<PlanarImage, 'channels' | 'height' | 'width'>
  /** The class of each picture, where there are classes. */
  readonly labels: Int32Array | undefined
  /** Go on with what is there. */
  readonly resume: boolean
  readonly columns?: number | undefined
  /** sdk-node's, which is loaded when it is needed. */
  readonly encodePng: (image: PlanarImage) => Uint8Array
}

const mostInGrid = 10_000
const fileKinds: Readonly<Record<string, OutputKind>> = { '.png': 'grid', '.npz': 'npz', '.zip': 'zip' }

/**
 * @throws MixflowError ARGUMENT_INVALID for a file of another kind, or too many images for one picture, OUTPUT_EXISTS where
 *   something else is at the path, OUTPUT_DISK
 */
export async function chooseOutput(out = 'samples.png', count = 1): Promise<SampleOutput> {
  const extension = extname(out).toLowerCase()
  const isFolder = /[/\\]$/.test(out) || extension === '' || (await stat(out).catch(() => null))?.isDirectory()
  const kind = isFolder ? 'folder' : fileKinds[extension]
  if (kind === undefined) {
    throw new MixflowError('ARGUMENT_INVALID', `${out} does not end in .png, .npz or .zip`, {
      hint: `for example --out ${out.slice(0, -extension.length) || 'pictures'}.png`,
      details: { path: out },
    })
  }
  if (kind === 'folder') await checkFolder(out)
  else if (kind === 'grid') await checkPngPath(out)
  else await checkArchivePath(out)
  if (kind !== 'grid' || count <= mostInGrid) return { kind, path: out }
  throw new MixflowError('ARGUMENT_INVALID', `${count} images are too many for one picture: at most ${mostInGrid}`, {
    hint: 'give a folder, for a file each: --out samples/; or --out samples.npz',
    details: { count, most: mostInGrid },
  })
}

/** Only an archive is replaced. */
async function checkArchivePath(path: string): Promise<void> {
  await checkFolder(dirname(path))
  const there = await stat(path).catch(() => null)
  if (there === null || there.size === 0 || (await isZip(path))) return
  throw new MixflowError('OUTPUT_EXISTS', `${path} is there, and no archive: it is left as it is`, {
    hint: 'give another name, or move it away',
    details: { path },
  })
}

async function isZip(path: string): Promise<boolean> {
  await using file = await openRegularFile(path)
  const { buffer } = await file.read(new Uint8Array(4))
  return [0x50, 0x4b, 0x03, 0x04].every((byte, i) => buffer[i] === byte)
}

const sinks = { grid: gridSink, folder: folderSink, npz: npzSink, zip: zipSink }

/** @throws MixflowError OUTPUT_EXISTS where `resume` finds other samples; OUTPUT_DISK; ARGUMENT_INVALID where an archive would be too large */
export const openSink = ({ kind, path }: SampleOutput, options: SinkOptions): Promise<SampleSink> =>
  sinks[kind](path, options)
