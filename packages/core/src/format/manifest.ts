/**
 * `mixflow.json`: what an exported model is, in one strict record. It names every file of the folder with size and
 * sha256, the networks' inputs and outputs, value ranges, how to sample, how it was trained and how well it was measured
 * to do. Loaders read it first and let no byte reach a runtime that it does not vouch for.
 *
 * Keys are exact: an unknown one is refused with the nearest known name, since a misspelt fact would be a lost one. The
 * tensors of the networks are fixed by the other facts (`networkPorts`); the manifest states them all the same, so that a
 * reader without this package can run the model.
 */
import type { MixflowError } from '../errors.ts'
import { isAdaptive, solverNames, stepsOf } from '../method/ode/solver.ts'
import type { ImageShape, Labels, SamplerDefaults, SourceFacts } from '../sampler/model-facts.ts'
import { checkLabels, imageShapeFields, labelsField, sourceField, timeField } from './facts-fields.ts'
import { type NetworkPorts, networkPorts, portsField, samePorts } from './network-ports.ts'
import { parseRecord, type RecordFile, recordToJson } from './record-file.ts'
import { safePath } from './safe-path.ts'
import {
  exactly,
  type Field,
  integer,
  invalid,
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
import { sha256Field } from './sha256.ts'

export const manifestFileName = 'mixflow.json'

export interface ManifestFile {
  /** Relative to the manifest, `/` between folders. */
  readonly path: string
  readonly bytes: number
  readonly sha256: string
  /** `grid`: samples of the model; `report`: other images of the card. */
  readonly role: 'denoiser' | 'encoder' | 'card' | 'grid' | 'licence' | 'report'
  /** Of the weights; on networks only. Inputs and outputs are float32 in either case. */
  readonly dtype?: 'float32' | 'float16'
}

/** Greatest absolute difference of the exported network's outputs from the trained one's, and what was allowed. */
export interface Parity {
  readonly maxAbsError: number
  readonly limit: number
}

export interface QualityMeasure {
  readonly metric: string
  readonly value: number
  /** Number of images it was measured on. */
  readonly n: number
  readonly nfe: number
  readonly solver: string
  /** Classifier-free guidance. Default: 0. */
  readonly guidance?: number
}

export interface Manifest {
  readonly format: 'mixflow-model'
  readonly version: 1
  readonly name: string
  readonly description?: string
  /** SPDX identifier of the weights' licence. */
  readonly licence: string
  /** UTC, ISO 8601. */
  readonly created: string
  readonly files: readonly ManifestFile[]
  readonly image: ImageShape & { readonly range: readonly [-1, 1]; readonly layout: 'NCHW' }
  readonly labels: Labels | null
  readonly networks: { readonly denoiser: NetworkPorts; readonly encoder: NetworkPorts | null }
  /** null: a plain rectified flow. */
  readonly source: SourceFacts | null
  readonly sampler: SamplerDefaults
  readonly training: {
    readonly dataset: string
    /** Who made the data and under which licence, where that must be said. */
    readonly attribution?: string
    readonly imagesSeen: number
    readonly steps: number
    readonly seconds?: number
    readonly parameters: number
    readonly emaHalfLifeImages: number | null
    readonly command: string
  }
  readonly parity: { readonly float32?: Parity; readonly float16?: Parity }
  readonly quality: readonly QualityMeasure[]
}

const solver = matching(/^[a-z][a-z0-9-]{0,30}$/, 'the name of a solver, like "heun"')
const count = integer({ max: 1e15 })
const parity = object<Parity>({ maxAbsError: number({ min: 0 }), limit: number({ min: 0 }) })
const range: Field<readonly [-1, 1]> = (value, location) => {
  const [low, high] = list(number(), { min: 2, max: 2 })(value, location)
  return [exactly(-1)(low, within(location, 0)), exactly(1)(high, within(location, 1))]
}

const fields = object<Manifest>({
  format: exactly('mixflow-model'),
  version: exactly(1),
  name: matching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'up to 100 letters, digits, ".", "_" and "-"'),
  description: optional(text({ max: 4000 })),
  licence: text({ max: 200 }),
  created: timeField,
  files: list(
    object<ManifestFile>({
      path: safePath,
      bytes: integer({ max: 2 ** 40 }),
      sha256: sha256Field,
      role: word(['denoiser', 'encoder', 'card', 'grid', 'licence', 'report']),
      dtype: optional(word(['float32', 'float16'])),
    }),
    { min: 1, max: 100 },
  ),
  image: object<Manifest['image']>({ ...imageShapeFields, range, layout: exactly('NCHW') }),
  labels: nullable(labelsField),
  networks: object<Manifest['networks']>({ denoiser: portsField, encoder: nullable(portsField) }),
  source: nullable(sourceField),
  sampler: object<SamplerDefaults>({
    solver: word(solverNames),
    nfe: optional(integer({ min: 1, max: 100_000 })),
    steps: optional(integer({ min: 1, max: 100_000 })),
    gridPower: optional(number({ min: 0.1, max: 10 })),
    guidance: number({ min: 0, max: 1000 }),
    mixtureWeight: number({ min: 0, max: 1 }),
  }),
  training: object<Manifest['training']>({
    dataset: text({ max: 400 }),
    attribution: optional(text({ max: 2000 })),
    imagesSeen: count,
    steps: count,
    seconds: optional(number({ min: 0 })),
    parameters: count,
    emaHalfLifeImages: nullable(number({ min: 0 })),
    command: text({ max: 4000 }),
  }),
  parity: object<Manifest['parity']>({ float32: optional(parity), float16: optional(parity) }),
  quality: list(
    object<QualityMeasure>({
      metric: text({ max: 100 }),
      value: number(),
      n: count,
      nfe: number({ min: 0 }),
      solver,
      guidance: optional(number({ min: 0, max: 1000 })),
    }),
    { max: 1000 },
  ),
})

const file: RecordFile<Manifest> = {
  what: manifestFileName,
  code: 'MANIFEST_INVALID',
  format: 'mixflow-model',
  version: 1,
  maxBytes: 2 ** 20,
  field: (value, location) => consistent(fields(value, location), location),
}

/**
 * Reads the text or bytes of a `mixflow.json`.
 *
 * @throws MixflowError MANIFEST_INVALID; `details.reason` is a word of `StrictJsonReason` or `SchemaReason`, or `format`,
 * `version`, `path`, `duplicate`, `inconsistent`.
 */
export const parseManifest = (source: string | Uint8Array): Manifest => parseRecord(source, file)

/** The text of the file, in one order of keys. Throws as `parseManifest` would on reading it. */
export const manifestToJson = (manifest: Manifest): string => recordToJson(manifest, file)

function consistent(manifest: Manifest, location: Location): Manifest {
  checkFiles(manifest, within(location, 'files'))
  checkNetworks(manifest, within(location, 'networks'))
  checkSampler(manifest, within(location, 'sampler'))
  checkLabels(manifest, location)
  return manifest
}

function checkFiles({ files, networks, parity }: Manifest, location: Location): void {
  const seen = new Set([manifestFileName])
  const graphs = new Set<string>()
  for (const [i, { path, role, dtype }] of files.entries()) {
    const at = within(location, i)
    const same = path.toLowerCase() // two names that differ in case only are one file on many systems
    if (seen.has(same)) throw invalid(at, 'duplicate', `names ${JSON.stringify(path)}, which is taken`)
    seen.add(same)
    const isGraph = role === 'denoiser' || role === 'encoder'
    if (isGraph !== (dtype !== undefined)) {
      throw invalid(at, 'inconsistent', isGraph ? 'must have a dtype' : `must have no dtype, being a ${role}`)
    }
    if (!isGraph) continue
    if (graphs.has(`${role} ${dtype}`)) throw invalid(at, 'duplicate', `is a second ${dtype} ${role}`)
    graphs.add(`${role} ${dtype}`)
    if (parity[dtype!] === undefined) {
      throw invalid(at, 'inconsistent', `is ${dtype}, but "parity" has no measurement of ${dtype}`)
    }
  }
  const has = (role: string) => files.some(entry => entry.role === role)
  if (!has('denoiser')) throw invalid(location, 'inconsistent', 'must have a file with the role "denoiser"')
  if (has('encoder') !== (networks.encoder !== null)) {
    throw invalid(
      location,
      'inconsistent',
      'must have a file with the role "encoder" exactly where networks.encoder is set',
    )
  }
}

function checkSampler({ sampler, labels }: Manifest, location: Location): void {
  const { solver, nfe, steps, gridPower, guidance } = sampler
  if (guidance > 0 && labels?.required) {
    throw invalid(within(location, 'guidance'), 'inconsistent', 'must be 0 where "labels" is required')
  }
  if (isAdaptive(solver)) {
    if (nfe === undefined && steps === undefined && gridPower === undefined) return
    throw invalid(
      location,
      'inconsistent',
      `must have no "nfe", "steps" or "gridPower": ${solver} chooses its steps itself`,
    )
  }
  if ((nfe === undefined) === (steps === undefined)) {
    throw invalid(location, 'inconsistent', 'must have one of "nfe" and "steps"')
  }
  if (nfe === undefined) return
  try {
    stepsOf(solver, nfe)
  } catch (error) {
    const { message, hint = '' } = error as MixflowError
    throw invalid(within(location, 'nfe'), 'inconsistent', `is impossible: ${message}`, { hint })
  }
}

function checkNetworks(manifest: Manifest, location: Location): void {
  const expected = networkPorts(manifest)
  for (const name of ['denoiser', 'encoder'] as const) {
    if (samePorts(manifest.networks[name], expected[name])) continue
    throw invalid(within(location, name), 'inconsistent', 'does not follow from "image", "labels" and "source"', {
      hint: `expected ${JSON.stringify(expected[name])}`,
    })
  }
}
