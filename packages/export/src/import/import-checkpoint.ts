/**
 * `importCheckpoint` converts the paper's released checkpoints (PyTorch Lightning), or safetensors files with the same names, to
 * a run that can be exported, sampled and measured. Tensors are converted one at a time, so memory does not grow with the file.
 * The optimizer's state is not imported, so the run cannot be trained further.
 */

import { createHash } from 'node:crypto'
import type { ImageShape, Labels } from '@mixflow/core'
import {
  type Checkpoint,
  type CheckpointFile,
  checkKeys,
  checkpointFileName,
  checkpointToJson,
  float32Values,
  type JsonObject,
  safetensorsHeader,
  throwIfAborted,
} from '@mixflow/core/internal'
import type { FileContent } from '@mixflow/files'
import type { TrainingConfig } from '@mixflow/zoo'
import { type ConfiguredNetworks, configuredNetworks, countParameters, type ParameterSpec } from '@mixflow/zoo/networks'
import { checkReplaceable, outputPath, writeModelFolder } from '../model-folder.ts'
import { openForeignFile } from './foreign-checkpoint.ts'
import { namedForeign } from './foreign-names.ts'
import { type ForeignTensor, readForeign } from './foreign-tensor.ts'
import { refusal } from './refuse.ts'

export interface ImportOptions {
  /** A `.ckpt` of PyTorch or a `.safetensors`. */
  readonly file: string
  /** Folder of the run to write; must be absent or empty. */
  readonly out: string
  /** The training configuration, of which the networks must match the file. */
  readonly config: TrainingConfig
  /** Preset of the configuration. Default: null. */
  readonly preset?: string | null
  readonly image: ImageShape
  /** Classes of the denoiser or of κ. Default: null. */
  readonly labels?: Labels | null
  readonly dataset?: Checkpoint['dataset']
  /** Number of optimizer steps. Default: `global_step` of the file, or 0. */
  readonly step?: number
  /** Command for the run's `config.json`. */
  readonly command?: string
  /** Creation time of the checkpoint. Default: now. */
  readonly created?: Date
  readonly signal?: AbortSignal
  /** Called after each tensor with the fraction that is done, 0..1. */
  readonly onProgress?: (fraction: number) => void
}

export interface ImportResult {
  /** Folder of the run. */
  readonly folder: string
  readonly step: number
  /** Kinds of parameters in the file; sampling uses `ema` if it is there. */
  readonly roles: readonly ('weights' | 'ema')[]
  readonly parameters: { readonly denoiser: number; readonly encoder: number }
}

const keys = [
  'file',
  'out',
  'config',
  'preset',
  'image',
  'labels',
  'dataset',
  'step',
  'command',
  'created',
  'signal',
  'onProgress',
]

/**
 * Writes a run with one checkpoint, completely or not at all.
 *
 * @throws MixflowError CHECKPOINT_NOT_FOUND; CHECKPOINT_UNSAFE for a pickle that refers to code; CHECKPOINT_INVALID with a
 *   `RefusalReason` in `details.reason`, or SAFETENSORS_INVALID, for a damaged file or one of other networks;
 *   ARGUMENT_INVALID, EXPORT_EXISTS, EXPORT_DISK, ABORTED
 */
export async function importCheckpoint(options: ImportOptions): Promise<ImportResult> {
  checkKeys(options as unknown, keys, { what: 'importCheckpoint', required: ['file', 'out', 'config', 'image'] })
  const { file, config, signal } = options
  const folder = await outputPath(options.out)
  await checkReplaceable(folder, { overwrite: false })
  const networks = networksOf(options)
  await using foreign = await openForeignFile(file, { signal })
  const named = namedForeign(foreign.tensors, file)
  for (const [name, tensor] of named.filters) await checkFilter(name, tensor, file)
  const roles = (['weights', 'ema'] as const).filter(role => named[role] !== null)
  for (const role of roles) checkTensors(networks.parameters, named[role] as ReadonlyMap<string, ForeignTensor>, file)

  const step = options.step ?? foreign.numbers.get('global_step') ?? 0
  const checkpoint = `checkpoints/step-${String(step).padStart(9, '0')}`
  const listed: CheckpointFile[] = []
  const files = new Map<string, FileContent>()
  let done = 0
  const onTensor = () => {
    throwIfAborted(signal)
    options.onProgress?.(++done / (roles.length * networks.parameters.length))
  }
  for (const role of roles) {
    const tensors = named[role] as ReadonlyMap<string, ForeignTensor>
    const name = `${role}.safetensors`
    files.set(`${checkpoint}/${name}`, () =>
      hashed(tensorFile(networks.parameters, tensors, { file, onTensor }), facts =>
        listed.push({ name, role, ...facts }),
      ),
    )
  }
  // written last, when the hashes of the others are known
  files.set(`${checkpoint}/${checkpointFileName}`, async function* () {
    yield utf8(checkpointToJson({ ...recordOf(options, { networks, step }), files: listed }))
  })
  const run = { preset: options.preset ?? null, config, command: options.command ?? '' }
  files.set('config.json', utf8(`${JSON.stringify(run, null, 2)}\n`))
  await writeModelFolder({ path: folder, files, overwrite: false, signal })
  return { folder, step, roles, parameters: networks.counts }
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

interface Networks extends Pick<ConfiguredNetworks, 'parameters' | 'source'> {
  readonly counts: ImportResult['parameters']
}

function networksOf({ config, image, labels = null }: ImportOptions): Networks {
  const { parameters, source, denoiser, encoder } = configuredNetworks(config, { image, labels })
  const counts = {
    denoiser: countParameters(denoiser.parameters),
    encoder: countParameters(encoder?.parameters ?? []),
  }
  return { parameters, counts, source }
}

// ---- tensors -------------------------------------------------------------------------------------------------------

function checkTensors(
  parameters: readonly ParameterSpec[],
  tensors: ReadonlyMap<string, ForeignTensor>,
  file: string,
): void {
  const hint = 'choose the preset of the file’s networks, or describe them with --set denoiser.options.…'
  const expected = new Set(parameters.map(({ name }) => name))
  const other = [...tensors.keys()].find(name => !expected.has(name))
  if (other !== undefined) {
    throw refusal(`has the tensor ${other}, which is not part of the networks`, {
      file,
      reason: 'tensor-unknown',
      hint,
    })
  }
  for (const { name, shape } of parameters) {
    const tensor = tensors.get(name)
    if (tensor === undefined) throw refusal(`has no tensor ${name}`, { file, reason: 'tensor-missing', hint })
    if (tensor.shape.join() !== shape.join()) {
      const shapes = `[${tensor.shape.join(', ')}]; the network's is [${shape.join(', ')}]`
      throw refusal(`has the tensor ${name} with the shape ${shapes}`, { file, reason: 'tensor-shape', hint })
    }
    if (!isParameter(tensor)) {
      throw refusal(`has the tensor ${name} as ${tensor.dtype}; parameters must be F32, F16 or BF16`, {
        file,
        reason: 'tensor-dtype',
        hint: 'load it in Python, convert the tensors with .float(), and save the state_dict again',
      })
    }
  }
}

const isParameter = ({ dtype }: ForeignTensor): boolean => ['F32', 'F16', 'BF16'].includes(dtype)

/** The reference saves its resampling filter, which here is a constant: the mean of four pixels. */
async function checkFilter(name: string, tensor: ForeignTensor, file: string): Promise<void> {
  const size = tensor.shape.reduce((product, edge) => product * edge, 1)
  const values = size === 4 && isParameter(tensor) ? float32Values(await readForeign(tensor)) : []
  if (values.length === 4 && values.every(value => value === 0.25)) return
  throw refusal(`has the resampling filter ${name}, which is not the mean of four pixels`, {
    file,
    reason: 'tensor-value',
  })
}

/** A float32 safetensors file, in pieces. */
async function* tensorFile(
  parameters: readonly ParameterSpec[],
  tensors: ReadonlyMap<string, ForeignTensor>,
  { file, onTensor }: { readonly file: string; readonly onTensor: () => void },
): AsyncGenerator<Uint8Array> {
  const forms = parameters.map(({ name, shape }) => [name, { dtype: 'F32', shape }] as const)
  const { header, order } = safetensorsHeader({ tensors: new Map(forms) })
  yield header
  for (const name of order) {
    const tensor = tensors.get(name) as ForeignTensor
    const values = float32Values(await readForeign(tensor))
    const bad = values.findIndex(value => !Number.isFinite(value))
    if (bad >= 0) {
      throw refusal(`contains ${values[bad]} in the tensor ${name}`, {
        file,
        reason: 'tensor-value',
        hint: 'import an older checkpoint: the training diverged before this one',
      })
    }
    yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    onTensor()
  }
}

/** Passes pieces through, and finally reports their total size and SHA-256. */
async function* hashed(
  pieces: AsyncIterable<Uint8Array>,
  onEnd: (facts: Pick<CheckpointFile, 'bytes' | 'sha256'>) => void,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const piece of pieces) {
    hash.update(piece)
    bytes += piece.length
    yield piece
  }
  onEnd({ bytes, sha256: hash.digest('hex') })
}

// ---- the record ----------------------------------------------------------------------------------------------------

function recordOf(
  { config, preset = null, image, labels = null, dataset, created = new Date() }: ImportOptions,
  { networks, step }: { readonly networks: Networks; readonly step: number },
): Omit<Checkpoint, 'files'> {
  const describe = ({ kind, options }: TrainingConfig['denoiser'], parameters: number) => ({
    kind,
    options: options as JsonObject,
    parameters,
  })
  return {
    format: 'mixflow-checkpoint',
    version: 1,
    created: created.toISOString(),
    step,
    imagesSeen: step * config.batchSize,
    trainSeconds: 0,
    preset,
    config: config as unknown as JsonObject,
    networks: {
      denoiser: describe(config.denoiser, networks.counts.denoiser),
      encoder: config.encoder === null ? null : describe(config.encoder, networks.counts.encoder),
    },
    image,
    labels: config.labels ? labels : null,
    source: networks.source,
    dataset: dataset ?? { name: config.data === '' ? 'unknown' : config.data, images: 0 },
    seed: config.seed,
    cursor: { epoch: 0, position: 0 },
    optimizer: { kind: config.optimizer, scalars: { step } },
    loss: null,
  }
}
