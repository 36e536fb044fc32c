/**
 * The training checkpoint: a folder with `checkpoint.json` (this record) and safetensors files. The record says where the
 * training stands and names every tensor file with size and sha256, so a folder is either whole or refused; it is
 * written last. Tensors are in PyTorch's layouts: convolutions OIHW, linear layers [out, in].
 *
 * Weights and EMA files hold `denoiser.<parameter>` and, where there is an encoder, `encoder.<parameter>`, in any number
 * of files. What the tensors of an optimizer file are called is the optimizer's affair. Reading and writing folders is
 * the trainer's; here are bytes only.
 */
import { MixflowError } from '../errors.ts'
import type { ImageShape, Labels, SourceFacts } from '../sampler/model-facts.ts'
import { checkLabels, imageShapeFields, labelsField, sourceField, timeField } from './facts-fields.ts'
import { parseRecord, type RecordFile, recordToJson } from './record-file.ts'
import { safePath } from './safe-path.ts'
import { parseSafetensors } from './safetensors.ts'
import {
  dictionary,
  exactly,
  integer,
  invalid,
  jsonObject,
  type Location,
  list,
  matching,
  nullable,
  number,
  object,
  optional,
  text,
  within,
  word,
} from './schema.ts'
import { sha256Field, sha256Hex } from './sha256.ts'
import type { JsonObject } from './strict-json.ts'
import type { StoredTensor } from './tensor-dtype.ts'

export const checkpointFileName = 'checkpoint.json'

export type CheckpointRole = 'weights' | 'ema' | 'optimizer'

export interface CheckpointFile {
  /** A file beside `checkpoint.json`, ending in `.safetensors`. */
  readonly name: string
  readonly bytes: number
  readonly sha256: string
  readonly role: CheckpointRole
}

/** A network as the model zoo knows it: enough to build it again. */
export interface NetworkDescription {
  readonly kind: string
  readonly options: JsonObject
  /** Number of trained values. */
  readonly parameters: number
}

export interface Checkpoint {
  readonly format: 'mixflow-checkpoint'
  readonly version: 1
  /** UTC, ISO 8601. */
  readonly created: string
  /** Optimizer steps done. */
  readonly step: number
  readonly imagesSeen: number
  readonly trainSeconds: number
  /** Name of the preset the configuration started from. */
  readonly preset: string | null
  /** The configuration, all defaults filled in. */
  readonly config: JsonObject
  readonly networks: { readonly denoiser: NetworkDescription; readonly encoder: NetworkDescription | null }
  readonly image: ImageShape
  readonly labels: Labels | null
  /** null: a plain rectified flow. */
  readonly source: SourceFacts | null
  readonly dataset: {
    readonly name: string
    readonly images: number
    /** sha256 over pixels and labels: a run is only resumed on the same data. */
    readonly fingerprint?: string
    readonly licence?: string
    readonly attribution?: string
  }
  readonly seed: number
  /** Where the next batch begins: `position` images into the shuffled epoch. */
  readonly cursor: { readonly epoch: number; readonly position: number }
  /** The optimizer's numbers that are no tensors: its step count, the current rate, … */
  readonly optimizer: { readonly kind: string; readonly scalars: Readonly<Record<string, number>> }
  /** Smoothed training loss, null before the first step. */
  readonly loss: number | null
  readonly files: readonly CheckpointFile[]
}

const count = integer({ max: 1e15 })
const network = object<NetworkDescription>({
  kind: matching(/^[a-z][A-Za-z0-9-]{0,63}$/, 'the name of a kind of network'),
  options: jsonObject,
  parameters: count,
})

const fields = object<Checkpoint>({
  format: exactly('mixflow-checkpoint'),
  version: exactly(1),
  created: timeField,
  step: count,
  imagesSeen: count,
  trainSeconds: number({ min: 0 }),
  preset: nullable(text({ max: 200 })),
  config: jsonObject,
  networks: object<Checkpoint['networks']>({ denoiser: network, encoder: nullable(network) }),
  image: object<ImageShape>(imageShapeFields),
  labels: nullable(labelsField),
  source: nullable(sourceField),
  dataset: object<Checkpoint['dataset']>({
    name: text({ max: 400 }),
    images: count,
    fingerprint: optional(sha256Field),
    licence: optional(text({ max: 200 })),
    attribution: optional(text({ max: 2000 })),
  }),
  seed: integer(),
  cursor: object<Checkpoint['cursor']>({ epoch: count, position: count }),
  optimizer: object<Checkpoint['optimizer']>({
    kind: text({ max: 100 }),
    scalars: dictionary(number(), { max: 1000 }),
  }),
  loss: nullable(number()),
  files: list(
    object<CheckpointFile>({
      name: safePath,
      bytes: integer({ max: 2 ** 42 }),
      sha256: sha256Field,
      role: word(['weights', 'ema', 'optimizer']),
    }),
    { min: 1, max: 1000 },
  ),
})

const file: RecordFile<Checkpoint> = {
  what: checkpointFileName,
  code: 'CHECKPOINT_INVALID',
  format: 'mixflow-checkpoint',
  version: 1,
  maxBytes: 4 * 2 ** 20,
  field: (value, location) => consistent(fields(value, location), location),
}

/**
 * Reads the text or bytes of a `checkpoint.json`.
 *
 * @throws MixflowError CHECKPOINT_INVALID; `details.reason` is a word of `StrictJsonReason` or `SchemaReason`, or `format`,
 * `version`, `path`, `duplicate`, `inconsistent`.
 */
export const parseCheckpoint = (source: string | Uint8Array): Checkpoint => parseRecord(source, file)

/** The text of the file, in one order of keys. Throws as `parseCheckpoint` would on reading it. */
export const checkpointToJson = (checkpoint: Checkpoint): string => recordToJson(checkpoint, file)

/** The classes as a sampler has to know them: where training hid no label, each image needs one. */
export function sampledLabels({
  labels,
  config,
}: {
  readonly labels: Labels | null
  readonly config: { readonly labelDropout?: unknown }
}): Labels | null {
  return labels === null || config.labelDropout !== 0 ? labels : { ...labels, required: true }
}

/** A checkpoint with all its tensors, those of all files of a role together. */
export interface CheckpointTensors {
  readonly weights: ReadonlyMap<string, StoredTensor>
  readonly ema: ReadonlyMap<string, StoredTensor>
  readonly optimizer: ReadonlyMap<string, StoredTensor>
}

/**
 * Compares the bytes of each file with the record: size, then sha256. Further files in `files` are not looked at.
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
 * Verifies the files and reads their tensors (views of the given bytes). Weights and EMA must agree in names, dtypes and
 * shapes where both are there.
 *
 * @throws MixflowError CHECKPOINT_INVALID as `verifyCheckpointFiles`, also with reasons `duplicate`, `tensor-name`,
 * `tensor-mismatch`; SAFETENSORS_INVALID for a file that has the right hash and still is no safetensors.
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

function consistent(checkpoint: Checkpoint, location: Location): Checkpoint {
  const { files, networks, source, labels } = checkpoint
  const at = within(location, 'files')
  const seen = new Set<string>()
  for (const [i, { name }] of files.entries()) {
    if (name.includes('/') || !name.endsWith('.safetensors')) {
      throw invalid(within(at, i), 'path', 'must name a .safetensors file beside checkpoint.json', { value: name })
    }
    if (seen.has(name.toLowerCase())) throw invalid(within(at, i), 'duplicate', `names ${name}, which is taken`)
    seen.add(name.toLowerCase())
  }
  if (!files.some(({ role }) => role !== 'optimizer')) {
    throw invalid(at, 'inconsistent', 'must have a file with the role "weights" or "ema"')
  }
  if ((networks.encoder === null) !== (source === null)) {
    throw invalid(within(location, 'source'), 'inconsistent', 'must be null exactly where networks.encoder is')
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
