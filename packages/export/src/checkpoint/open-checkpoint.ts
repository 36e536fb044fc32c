/**
 * Opens a checkpoint, or the newest intact checkpoint of a run. Only the parameters for sampling are read and verified: their
 * moving average if there is one. The optimizer's state is not read.
 */

import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import {
  type Checkpoint,
  checkpointFileName,
  parseCheckpoint,
  readCheckpointTensors,
  type StoredTensor,
  throwIfAborted,
} from '@mixflow/core/internal'
import { readCheckpointFile } from './checkpoint-files.ts'

/** Which parameters: their moving average, or those of the last step. */
export type WeightsKind = 'ema' | 'raw'

export interface DamagedCheckpoint {
  readonly folder: string
  readonly error: MixflowError
}

export interface OpenCheckpoint {
  /** Folder of the checkpoint. */
  readonly folder: string
  /** Folder of its run; null outside a run. */
  readonly run: string | null
  readonly record: Checkpoint
  readonly weights: WeightsKind
  /** `denoiser.…` and `encoder.…`. */
  readonly tensors: ReadonlyMap<string, StoredTensor>
  /** Newer checkpoints of the run that were skipped because they are damaged. */
  readonly damaged: readonly DamagedCheckpoint[]
}

interface ReadOptions {
  readonly signal?: AbortSignal | undefined
}

const checkpointsFolder = 'checkpoints'
const stepFolder = /^step-(\d{1,15})$/
const maxRecordBytes = 4 * 2 ** 20

/**
 * @param path a folder with `checkpoint.json`, or one with `checkpoints/step-…`
 * @throws MixflowError CHECKPOINT_NOT_FOUND; CHECKPOINT_INVALID or SAFETENSORS_INVALID if it, or every checkpoint of the run, is
 *   damaged; ABORTED
 */
export async function openCheckpoint(path: string, options: ReadOptions = {}): Promise<OpenCheckpoint> {
  if (!(await exists(path))) throw notFound(path, 'the folder does not exist')
  if (await exists(join(path, checkpointFileName))) {
    return { ...(await readCheckpoint(path, options)), run: await runAround(path), damaged: [] }
  }
  const folders = await stepFolders(join(path, checkpointsFolder))
  if (folders.length === 0) throw notFound(path, `it has neither ${checkpointFileName} nor ${checkpointsFolder}/step-…`)
  const damaged: DamagedCheckpoint[] = []
  for (const folder of folders) {
    try {
      return { ...(await readCheckpoint(folder, options)), run: path, damaged }
    } catch (error) {
      if (!isDamage(error)) throw error
      damaged.push({ folder, error })
    }
  }
  throw allDamaged(path, damaged)
}

async function readCheckpoint(folder: string, options: ReadOptions) {
  throwIfAborted(options.signal)
  const json = await readCheckpointFile({ folder, name: checkpointFileName, maxBytes: maxRecordBytes }, options)
  const record = parseCheckpoint(json)
  const role = record.files.some(file => file.role === 'ema') ? 'ema' : 'weights'
  const needed = record.files.filter(file => file.role === role)
  const files = new Map<string, Uint8Array>()
  for (const { name, bytes } of needed) {
    throwIfAborted(options.signal)
    files.set(name, await readCheckpointFile({ folder, name, maxBytes: bytes }, options))
  }
  const tensors = (await readCheckpointTensors({ ...record, files: needed }, files))[role]
  return { folder, record, tensors, weights: role === 'ema' ? 'ema' : 'raw' } as const
}

/** Newest first. */
async function stepFolders(root: string): Promise<string[]> {
  const step = (name: string) => Number(stepFolder.exec(name)?.[1] ?? -1)
  const names = await readdir(root).catch((): string[] => [])
  const found = names.filter(name => stepFolder.test(name)).sort((a, b) => step(b) - step(a))
  return found.map(name => join(root, name))
}

/** `<run>/checkpoints/step-…` -> `<run>`. */
async function runAround(folder: string): Promise<string | null> {
  const root = dirname(folder)
  const isStep = stepFolder.test(basename(folder)) && basename(root) === checkpointsFolder
  return isStep && (await exists(join(dirname(root), 'config.json'))) ? dirname(root) : null
}

const exists = async (path: string): Promise<boolean> => (await stat(path).catch(() => null)) !== null

const isDamage = (error: unknown): error is MixflowError =>
  MixflowError.is(error) && (error.code === 'CHECKPOINT_INVALID' || error.code === 'SAFETENSORS_INVALID')

function notFound(path: string, why: string): MixflowError {
  return new MixflowError('CHECKPOINT_NOT_FOUND', `no checkpoint at ${path}: ${why}`, {
    hint: `give the folder of a run, or of a checkpoint (which contains ${checkpointFileName})`,
    details: { path },
  })
}

function allDamaged(run: string, damaged: readonly DamagedCheckpoint[]): MixflowError {
  const [newest] = damaged
  const message = `all ${damaged.length} checkpoints of ${run} are damaged; the newest: ${newest?.error.message}`
  return new MixflowError('CHECKPOINT_INVALID', message, {
    hint: 'train again, or restore the run from a backup',
    details: { ...newest?.error.details, folders: damaged.map(({ folder }) => folder) },
    cause: newest?.error,
  })
}
