/**
 * The training checkpoint: a folder with `checkpoint.json` (this record), which is written last, and safetensors files,
 * which it lists with size and SHA-256. Tensors have PyTorch's layouts: convolutions OIHW, linear layers [out, in].
 *
 * Weights and EMA files hold `denoiser.<parameter>` and, if there is an encoder, `encoder.<parameter>`, in any number of
 * files. The optimizer names the tensors in its files. This module works on bytes; packages/train has the folders.
 */
import { MixflowError } from '../errors.ts'
import type { ImageShape, Labels } from '../sampler/model-facts.ts'
import { checkLabels, imageShapeFields, labelsField, sourceField, timeField } from './facts-fields.ts'
import { parseRecord, type RecordFile, recordToJson } from './record-file.ts'
import { safePath } from './safe-path.ts'
import { parseSafetensors } from './safetensors.ts'
import * as f from './schema.ts'
import { sha256Field, sha256Hex } from './sha256.ts'
import type { StoredTensor } from './tensor-dtype.ts'

export const checkpointFileName = 'checkpoint.json'

const count = f.integer({ max: 1e15 })

const network = f.record({
  kind: f.matching(/^[a-z][A-Za-z0-9-]{0,63}$/, 'the name of a kind of network'),
  options: f.jsonObject,
  /** Number of trained values. */
  parameters: count,
})

const fields = f.record({
  format: f.exactly('mixflow-checkpoint'),
  version: f.exactly(1),
  created: timeField,
  /** Number of optimizer steps. */
  step: count,
  imagesSeen: count,
  trainSeconds: f.number({ min: 0 }),
  /** Name of the preset that the configuration started from. */
  preset: f.nullable(f.text({ max: 200 })),
  /** The complete configuration, with defaults. */
  config: f.jsonObject,
  networks: f.record({ denoiser: network, encoder: f.nullable(network) }),
  image: f.object<ImageShape>(imageShapeFields),
  labels: f.nullable(labelsField),
  /** null: a plain rectified flow. */
  source: f.nullable(sourceField),
  dataset: f.record({
    name: f.text({ max: 400 }),
    images: count,
    /** SHA-256 of pixels and labels: a run is only resumed on the same data. */
    fingerprint: f.optional(sha256Field),
    licence: f.optional(f.text({ max: 200 })),
    attribution: f.optional(f.text({ max: 2000 })),
  }),
  seed: f.integer(),
  /** Where the next batch begins: at `position` in the shuffled epoch. */
  cursor: f.record({ epoch: count, position: count }),
  /** `scalars`: the numbers in the optimizer's state, such as its step count. */
  optimizer: f.record({ kind: f.text({ max: 100 }), scalars: f.dictionary(f.number(), { max: 1000 }) }),
  /** Smoothed training loss; null before the first step. */
  loss: f.nullable(f.number()),
  files: f.list(
    f.record({
      /** A file beside `checkpoint.json`, ending in `.safetensors`. */
      name: safePath,
      bytes: f.integer({ max: 2 ** 42 }),
      sha256: sha256Field,
      role: f.word(['weights', 'ema', 'optimizer']),
    }),
    { min: 1, max: 1000 },
  ),
})

export type Checkpoint = f.Infer<typeof fields>
export type CheckpointFile = Checkpoint['files'][number]
export type CheckpointRole = CheckpointFile['role']
/** A network of the model zoo: enough to build it again. */
export type NetworkDescription = f.Infer<typeof network>

const file: RecordFile<Checkpoint> = {
  what: checkpointFileName,
  code: 'CHECKPOINT_INVALID',
  format: 'mixflow-checkpoint',
  version: 1,
  maxBytes: 4 * 2 ** 20,
  field: (value, location) => consistent(fields(value, location), location),
}

/**
 * Parses a `checkpoint.json`.
 *
 * @throws MixflowError CHECKPOINT_INVALID; `details.reason` is a word of `StrictJsonReason` or `SchemaReason`, or `format`,
 * `version`, `path`, `duplicate`, `inconsistent`.
 */
export const parseCheckpoint = (source: string | Uint8Array): Checkpoint => parseRecord(source, file)

/** Returns the text of the file. Throws as `parseCheckpoint` would. */
export const checkpointToJson = (checkpoint: Checkpoint): string => recordToJson(checkpoint, file)

/** Returns the classes as sampling needs them: without label dropout, every image requires a label. */
export function sampledLabels({
  labels,
  config,
}: {
  readonly labels: Labels | null
  readonly config: { readonly labelDropout?: unknown }
}): Labels | null {
  return labels === null || config.labelDropout !== 0 ? labels : { ...labels, required: true }
}

/** All tensors of a checkpoint, by role. */
export interface CheckpointTensors {
  readonly weights: ReadonlyMap<string, StoredTensor>
  readonly ema: ReadonlyMap<string, StoredTensor>
  readonly optimizer: ReadonlyMap<string, StoredTensor>
}

/**
 * Compares size and SHA-256 of each listed file with the record.
 *
 * @throws MixflowError CHECKPOINT_INVALID; `details.reason`: `file-missing`, `file-size`, `file-hash`.
 */
export async function verifyCheckpointFiles(
  checkpoint: Checkpoint,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  for (const { name, bytes, sha256 } of checkpoint.files) {
    const found = files.get(name)
    if (found === undefined) throw damaged('file-missing', `the checkpoint's file ${name} is missing`, { name })
    if (found.length !== bytes) {
      const sizes = `${found.length} bytes; ${checkpointFileName} says ${bytes}`
      throw damaged('file-size', `${name} has ${sizes}`, { name, found: found.length, expected: bytes })
    }
    const hash = await sha256Hex(found)
    if (hash === sha256) continue
    const hashes = `${hash.slice(0, 8)}…; ${checkpointFileName} says ${sha256.slice(0, 8)}…`
    throw damaged('file-hash', `${name} has sha256 ${hashes}`, { name, found: hash, expected: sha256 })
  }
}

/**
 * Verifies the files and returns their tensors, as views of the bytes. If there are weights and EMA, their names, dtypes
 * and shapes must be the same.
 *
 * @throws MixflowError CHECKPOINT_INVALID as `verifyCheckpointFiles`, also with reasons `duplicate`, `tensor-name`,
 * `tensor-mismatch`; SAFETENSORS_INVALID for an invalid file with the right hash.
 */
export async function readCheckpointTensors(
  checkpoint: Checkpoint,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<CheckpointTensors> {
  await verifyCheckpointFiles(checkpoint, files)
  const tensors = { weights: new Map(), ema: new Map(), optimizer: new Map() } satisfies CheckpointTensors
  for (const { name, role } of checkpoint.files) {
    const into: Map<string, StoredTensor> = tensors[role]
    for (const [key, tensor] of parseSafetensors(files.get(name)!, { name }).tensors) {
      if (role !== 'optimizer') checkTensorName(key, checkpoint, name)
      if (into.has(key))
        throw damaged('duplicate', `${name} has the tensor ${key} a second time`, { name, tensor: key })
      into.set(key, tensor)
    }
  }
  if (tensors.weights.size > 0 && tensors.ema.size > 0) checkSameTensors(tensors)
  return tensors
}

function consistent(checkpoint: Checkpoint, location: f.Location): Checkpoint {
  const { files, networks, source, labels } = checkpoint
  const at = f.within(location, 'files')
  const seen = new Set<string>()
  for (const [i, { name }] of files.entries()) {
    if (name.includes('/') || !name.endsWith('.safetensors')) {
      throw f.invalid(f.within(at, i), 'path', 'must name a .safetensors file beside checkpoint.json', { value: name })
    }
    if (seen.has(name.toLowerCase())) throw f.invalid(f.within(at, i), 'duplicate', `names ${name}, which is taken`)
    seen.add(name.toLowerCase())
  }
  if (!files.some(({ role }) => role !== 'optimizer')) {
    throw f.invalid(at, 'inconsistent', 'must have a file with the role "weights" or "ema"')
  }
  if ((networks.encoder === null) !== (source === null)) {
    throw f.invalid(f.within(location, 'source'), 'inconsistent', 'must be null exactly where networks.encoder is')
  }
  checkLabels({ source, labels }, location)
  return checkpoint
}

function checkTensorName(tensor: string, { networks }: Checkpoint, name: string): void {
  const prefixes = networks.encoder === null ? ['denoiser.'] : ['denoiser.', 'encoder.']
  if (prefixes.some(prefix => tensor.startsWith(prefix) && tensor.length > prefix.length)) return
  const shown = JSON.stringify(tensor.slice(0, 80))
  throw damaged('tensor-name', `${name} has the tensor ${shown}; names start with ${prefixes.join(' or ')}`, { tensor })
}

function checkSameTensors({ weights, ema }: CheckpointTensors): void {
  const form = (tensor: StoredTensor | undefined) => tensor && `${tensor.dtype} [${tensor.shape.join(', ')}]`
  for (const name of new Set([...weights.keys(), ...ema.keys()])) {
    const [a, b] = [form(weights.get(name)), form(ema.get(name))]
    if (a === b) continue
    const message = `the tensor ${name} is ${a ?? 'missing'} in the weights and ${b ?? 'missing'} in the EMA`
    throw damaged('tensor-mismatch', message, { tensor: name })
  }
}

function damaged(reason: string, message: string, details: Readonly<Record<string, unknown>>): MixflowError {
  return new MixflowError('CHECKPOINT_INVALID', message, {
    hint: 'the checkpoint was changed or cut short: resume from an older one of the same run',
    details: { reason, ...details },
  })
}
