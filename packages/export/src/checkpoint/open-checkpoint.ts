/**
 * From a path to a trained model: a checkpoint folder, or a run, whose newest whole checkpoint is taken. What sampling
 * needs is read and verified, which is the moving average of the weights where there is one; the optimizer's state,
 * twice as large, is left alone.
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
import { readPart } from './read-part.ts'

/** Which weights: the moving average of training, or the last step's own. */
export type WeightsKind = 'ema' | 'raw'

export interface DamagedCheckpoint {
  readonly folder: string
  readonly error: MixflowError
}

export interface OpenCheckpoint {
  /** Folder of the checkpoint. */
  readonly folder: string
  /** Folder of the run that it belongs to, if it lies in one. */
  readonly run: string | null
  readonly record: Checkpoint
  readonly weights: WeightsKind
  /** `denoiser.…` and `encoder.…`. */
  readonly tensors: ReadonlyMap<string, StoredTensor>
  /** Newer checkpoints of the run that were passed over. */
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
 * @throws MixflowError CHECKPOINT_NOT_FOUND; CHECKPOINT_INVALID or SAFETENSORS_INVALID if it is damaged, of a run only
 *   if every checkpoint is; ABORTED.
 */
export async function openCheckpoint(path: string, options: ReadOptions = {}): Promise<OpenCheckpoint> {
  if (!(await isThere(path))) throw notFound(path, 'there is no such folder')
  if (await isThere(join(path, checkpointFileName))) {
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
  const json = await readPart({ folder, name: checkpointFileName, maxBytes: maxRecordBytes }, options)
  const record = parseCheckpoint(json)
  const role = record.files.some(file => file.role === 'ema') ? 'ema' : 'weights'
  const needed = record.files.filter(file => file.role === role)
  const files = new Map<string, Uint8Array>()
  for (const { name, bytes } of needed) {
    throwIfAborted(options.signal)
    files.set(name, await readPart({ folder, name, maxBytes: bytes }, options))
  }
  const tensors = (await readCheckpointTensors({ ...record, files: needed }, files))[role]
  return { folder, record, tensors, weights: role === 'ema' ? 'ema' : 'raw' } as const
}

/** The newest first. */
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
  return isStep && (await isThere(join(dirname(root), 'config.json'))) ? dirname(root) : null
}

const isThere = async (path: string): Promise<boolean> => (await stat(path).catch(() => null)) !== null

const isDamage = (error: unknown): error is MixflowError =>
  MixflowError.is(error) && (error.code === 'CHECKPOINT_INVALID' || error.code === 'SAFETENSORS_INVALID')

function notFound(path: string, why: string): MixflowError {
  return new MixflowError('CHECKPOINT_NOT_FOUND', `no checkpoint at ${path}: ${why}`, {
    hint: `give the folder of a run, or of one checkpoint (the one with ${checkpointFileName} in it)`,
    details: { path },
  })
}

function allDamaged(run: string, damaged: readonly DamagedCheckpoint[]): MixflowError {
  const [newest] = damaged
  const message = `all ${damaged.length} checkpoints of ${run} are damaged; the newest: ${newest?.error.message}`
  return new MixflowError('CHECKPOINT_INVALID', message, {
    hint: 'train again, or restore the run from a copy',
    details: { ...newest?.error.details, folders: damaged.map(({ folder }) => folder) },
    cause: newest?.error,
  })
}
