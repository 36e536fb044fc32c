/**
 * The checkpoints of a run: `checkpoints/step-000000200/` with parameters, moving average and optimizer state. Folders are written
 * atomically, and only the newest few are kept. Reading verifies every file and skips damaged checkpoints.
 */

import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import {
  type Checkpoint,
  type CheckpointRole,
  type CheckpointTensors,
  checkpointFileName,
  checkpointToJson,
  parseCheckpoint,
  readCheckpointTensors,
  safetensorsChunks,
  sha256Hex,
  storedTensor,
} from '@mixflow/core/internal'
import { readRegularFile, writeFolderDurably } from '@mixflow/files'

export type NamedTensors = ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>

/** A checkpoint to write, without the list of its files. */
export interface CheckpointContent {
  readonly record: Omit<Checkpoint, 'files'>
  readonly tensors: Readonly<Record<CheckpointRole, NamedTensors>>
}

export interface LoadedCheckpoint {
  readonly folder: string
  readonly record: Checkpoint
  readonly tensors: CheckpointTensors
}

/** Folder of a run's checkpoints. */
export const checkpointsFolder = (run: string): string => join(run, 'checkpoints')

const folderName = (step: number): string => `step-${String(step).padStart(9, '0')}`

/** Writes a checkpoint, removes all but the newest `keep`, and returns its folder. */
export async function writeCheckpoint(run: string, content: CheckpointContent, keep: number): Promise<string> {
  const root = checkpointsFolder(run)
  const files = new Map<string, readonly Uint8Array[]>()
  const listed: Checkpoint['files'][number][] = []
  for (const [role, tensors] of Object.entries(content.tensors) as [CheckpointRole, NamedTensors][]) {
    const name = `${role}.safetensors`
    const stored = new Map([...tensors].map(([key, { shape, data }]) => [key, storedTensor(data, [...shape])]))
    const pieces = safetensorsChunks({ tensors: stored })
    const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0)
    listed.push({ name, bytes, sha256: await sha256Hex(Buffer.concat(pieces)), role })
    files.set(name, pieces)
  }
  files.set(checkpointFileName, [new TextEncoder().encode(checkpointToJson({ ...content.record, files: listed }))])
  const folder = join(root, folderName(content.record.step))
  await writeFolderDurably(folder, files)
  await removeOld(root, keep)
  return folder
}

async function removeOld(root: string, keep: number): Promise<void> {
  const old = steps(await readdir(root)).slice(keep)
  for (const name of old) await rm(join(root, name), { recursive: true, force: true })
}

/** Names of checkpoint folders, newest first. */
const steps = (entries: readonly string[]): string[] =>
  entries
    .filter(name => /^step-\d+$/.test(name))
    .sort()
    .reverse()

/** Folder of the newest checkpoint of a run, not verified; null if there is none. */
export async function newestCheckpoint(run: string): Promise<string | null> {
  const root = checkpointsFolder(run)
  const [newest] = steps(await readdir(root).catch(() => []))
  return newest === undefined ? null : join(root, newest)
}

/**
 * The newest valid checkpoint of a run, or null if it has no checkpoints.
 *
 * @param onDamaged called for each newer one that is damaged
 * @throws MixflowError CHECKPOINT_INVALID if all checkpoints are damaged
 */
export async function latestCheckpoint(
  run: string,
  onDamaged: (folder: string, error: MixflowError) => void = () => {},
): Promise<LoadedCheckpoint | null> {
  const root = checkpointsFolder(run)
  const names = steps(await readdir(root).catch(() => []))
  let last: unknown
  for (const name of names) {
    const folder = join(root, name)
    try {
      return await readCheckpoint(folder)
    } catch (error) {
      if (!MixflowError.is(error)) throw error
      last = error
      onDamaged(folder, error)
    }
  }
  if (names.length > 0) throw last
  return null
}

/** @throws MixflowError CHECKPOINT_INVALID, SAFETENSORS_INVALID */
export async function readCheckpoint(folder: string): Promise<LoadedCheckpoint> {
  const record = parseCheckpoint(await readPart(folder, checkpointFileName))
  const files = new Map<string, Uint8Array>()
  for (const { name } of record.files) files.set(name, await readPart(folder, name))
  return { folder, record, tensors: await readCheckpointTensors(record, files) }
}

async function readPart(folder: string, name: string): Promise<Uint8Array> {
  try {
    return await readRegularFile(join(folder, name))
  } catch (cause) {
    throw new MixflowError('CHECKPOINT_INVALID', `${join(folder, name)} cannot be read`, {
      hint: 'use the complete folder of a checkpoint',
      details: { reason: 'file-missing', folder, name },
      cause,
    })
  }
}
