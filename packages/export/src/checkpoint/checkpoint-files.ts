/**
 * Files of a checkpoint, and the optional files of a run beside its checkpoints: the command that started it, and the grids of
 * samples drawn in training.
 */

import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { parseStrictJson, throwIfAborted } from '@mixflow/core/internal'
import { readFailure, readRegularFile } from '@mixflow/files'

const maxConfigBytes = 4 * 2 ** 20
const maxGridBytes = 64 * 2 ** 20
const pngSignature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

export interface FileToRead {
  readonly folder: string
  readonly name: string
  readonly maxBytes: number
}

/**
 * Reads a regular file of at most `maxBytes`, so that neither a pipe nor a huge file can block the process or fill its memory.
 *
 * @throws MixflowError CHECKPOINT_INVALID with `details.reason` `file-missing` or `file-size`; ABORTED
 */
export async function readCheckpointFile(
  { folder, name, maxBytes }: FileToRead,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Uint8Array> {
  const path = join(folder, name)
  const refuse = (reason: string, what: string, cause?: unknown): never => {
    throw new MixflowError('CHECKPOINT_INVALID', `${path} ${what}`, {
      hint: 'the checkpoint was changed or is incomplete: use another one of the same run',
      details: { reason, path },
      cause,
    })
  }
  try {
    const info = await stat(path)
    if (info.size > maxBytes) return refuse('file-size', `has ${info.size} bytes, expected at most ${maxBytes}`)
    return await readRegularFile(path, { signal })
  } catch (cause) {
    throwIfAborted(signal)
    if (MixflowError.is(cause) && cause.code !== 'FILE_INVALID') throw cause
    return refuse('file-missing', `cannot be read: ${readFailure(cause)}`, cause)
  }
}

/** Returns the command in the run's `config.json`, if it can be read. */
export async function runCommand(run: string): Promise<string | undefined> {
  try {
    const bytes = await readCheckpointFile({ folder: run, name: 'config.json', maxBytes: maxConfigBytes })
    const json = parseStrictJson(bytes, { what: 'config.json', code: 'CHECKPOINT_INVALID' })
    const { command } = json as { readonly command?: unknown }
    return typeof command === 'string' && command.trim() !== '' ? command : undefined
  } catch {
    return undefined
  }
}

export const isPng = (bytes: unknown): bytes is Uint8Array =>
  bytes instanceof Uint8Array && pngSignature.every((byte, i) => bytes[i] === byte)

export interface SampleGrid {
  readonly png: Uint8Array
  readonly imagesSeen: number
}

/** Returns the last grid of the run, `samples/<images seen>.png`, drawn up to the checkpoint; null if there is none. */
export async function lastGrid(
  run: string,
  { imagesSeen }: { readonly imagesSeen: number },
): Promise<SampleGrid | null> {
  const folder = join(run, 'samples')
  const names = await readdir(folder).catch((): string[] => [])
  const drawn = names.map(name => Number(/^(\d{1,15})\.png$/.exec(name)?.[1] ?? -1))
  const last = Math.max(-1, ...drawn.filter(images => images <= imagesSeen))
  if (last < 0) return null
  const file = { folder, name: names[drawn.indexOf(last)]!, maxBytes: maxGridBytes }
  const png = await readCheckpointFile(file).catch(() => null)
  return isPng(png) ? { png, imagesSeen: last } : null
}
