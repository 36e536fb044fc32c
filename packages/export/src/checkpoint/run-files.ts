/**
 * What a run keeps beside its checkpoints, as far as an exported model wants it: the command that started it, and the
 * last grid of samples that was drawn up to the checkpoint. Neither is needed: what cannot be read is left out.
 */

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseStrictJson } from '@mixflow/core/internal'
import { readPart } from './read-part.ts'

const maxConfigBytes = 4 * 2 ** 20
const maxGridBytes = 64 * 2 ** 20
const samplesFolder = 'samples'
const pngStart = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

/** The command of `config.json`. */
export async function runCommand(run: string): Promise<string | undefined> {
  try {
    const bytes = await readPart({ folder: run, name: 'config.json', maxBytes: maxConfigBytes })
    const json = parseStrictJson(bytes, { what: 'config.json', code: 'CHECKPOINT_INVALID' })
    const { command } = json as { readonly command?: unknown }
    return typeof command === 'string' && command.trim() !== '' ? command : undefined
  } catch {
    return undefined
  }
}

export const isPng = (bytes: unknown): bytes is Uint8Array =>
  bytes instanceof Uint8Array && pngStart.every((byte, i) => bytes[i] === byte)

export interface SampleGrid {
  readonly png: Uint8Array
  readonly imagesSeen: number
}

/** `samples/<images seen>.png`, the last one that the checkpoint's training had reached. */
export async function lastGrid(
  run: string,
  { imagesSeen }: { readonly imagesSeen: number },
): Promise<SampleGrid | null> {
  const folder = join(run, samplesFolder)
  const names = await readdir(folder).catch((): string[] => [])
  const drawn = names.map(name => Number(/^(\d{1,15})\.png$/.exec(name)?.[1] ?? -1))
  const last = Math.max(-1, ...drawn.filter(images => images <= imagesSeen))
  if (last < 0) return null
  const png = await readPart({ folder, name: names[drawn.indexOf(last)]!, maxBytes: maxGridBytes }).catch(() => null)
  return isPng(png) ? { png, imagesSeen: last } : null
}
