/**
 * `mixflow.json` describes an exported model: its files with size and SHA-256, the inputs and outputs of its networks, how
 * to sample it, how it was trained, and its measured quality. Loaders read it first and verify every other file by it.
 *
 * Unknown keys are errors, since a misspelt one would be lost. The ports of the networks follow from other facts
 * (`networkPorts`), and are there for readers without this package.
 */
import type { MixflowError } from '../errors.ts'
import { isAdaptive, solverNames, stepsOf } from '../method/ode/solver.ts'
import type { ImageShape, Labels, SamplerDefaults, SourceFacts } from '../sampler/model-facts.ts'
import { checkLabels, imageShapeFields, labelsField, sourceField, timeField } from './facts-fields.ts'
import { type NetworkPorts, networkPorts, portsField, samePorts } from './network-ports.ts'
import { parseRecord, type RecordFile, recordToJson } from './record-file.ts'
import { safePath } from './safe-path.ts'
import * as f from './schema.ts'
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
    /** Who made the data, and under which licence, if the licence requires that. */
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

const solver = f.matching(/^[a-z][a-z0-9-]{0,30}$/, 'the name of a solver, like "heun"')
const count = f.integer({ max: 1e15 })
const parity = f.object<Parity>({ maxAbsError: f.number({ min: 0 }), limit: f.number({ min: 0 }) })
const range: f.Field<readonly [-1, 1]> = (value, location) => {
  const [low, high] = f.list(f.number(), { min: 2, max: 2 })(value, location)
  return [f.exactly(-1)(low, f.within(location, 0)), f.exactly(1)(high, f.within(location, 1))]
}

const fields = f.object<Manifest>({
  format: f.exactly('mixflow-model'),
  version: f.exactly(1),
  name: f.matching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'up to 100 letters, digits, ".", "_" and "-"'),
  description: f.optional(f.text({ max: 4000 })),
  licence: f.text({ max: 200 }),
  created: timeField,
  files: f.list(
    f.object<ManifestFile>({
      path: safePath,
      bytes: f.integer({ max: 2 ** 40 }),
      sha256: sha256Field,
      role: f.word(['denoiser', 'encoder', 'card', 'grid', 'licence', 'report']),
      dtype: f.optional(f.word(['float32', 'float16'])),
    }),
    { min: 1, max: 100 },
  ),
  image: f.object<Manifest['image']>({ ...imageShapeFields, range, layout: f.exactly('NCHW') }),
  labels: f.nullable(labelsField),
  networks: f.object<Manifest['networks']>({ denoiser: portsField, encoder: f.nullable(portsField) }),
  source: f.nullable(sourceField),
  sampler: f.object<SamplerDefaults>({
    solver: f.word(solverNames),
    nfe: f.optional(f.integer({ min: 1, max: 100_000 })),
    steps: f.optional(f.integer({ min: 1, max: 100_000 })),
    gridPower: f.optional(f.number({ min: 0.1, max: 10 })),
    guidance: f.number({ min: 0, max: 1000 }),
    mixtureWeight: f.number({ min: 0, max: 1 }),
  }),
  training: f.object<Manifest['training']>({
    dataset: f.text({ max: 400 }),
    attribution: f.optional(f.text({ max: 2000 })),
    imagesSeen: count,
    steps: count,
    seconds: f.optional(f.number({ min: 0 })),
    parameters: count,
    emaHalfLifeImages: f.nullable(f.number({ min: 0 })),
    command: f.text({ max: 4000 }),
  }),
  parity: f.object<Manifest['parity']>({ float32: f.optional(parity), float16: f.optional(parity) }),
  quality: f.list(
    f.object<QualityMeasure>({
      metric: f.text({ max: 100 }),
      value: f.number(),
      n: count,
      nfe: f.number({ min: 0 }),
      solver,
      guidance: f.optional(f.number({ min: 0, max: 1000 })),
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
 * Parses a `mixflow.json`.
 *
 * @throws MixflowError MANIFEST_INVALID; `details.reason` is a word of `StrictJsonReason` or `SchemaReason`, or `format`,
 * `version`, `path`, `duplicate`, `inconsistent`.
 */
export const parseManifest = (source: string | Uint8Array): Manifest => parseRecord(source, file)

/** Returns the text of the file. Throws as `parseManifest` would. */
export const manifestToJson = (manifest: Manifest): string => recordToJson(manifest, file)

function consistent(manifest: Manifest, location: f.Location): Manifest {
  checkFiles(manifest, f.within(location, 'files'))
  checkNetworks(manifest, f.within(location, 'networks'))
  checkSampler(manifest, f.within(location, 'sampler'))
  checkLabels(manifest, location)
  return manifest
}

function checkFiles({ files, networks, parity }: Manifest, location: f.Location): void {
  const seen = new Set([manifestFileName])
  const graphs = new Set<string>()
  for (const [i, { path, role, dtype }] of files.entries()) {
    const at = f.within(location, i)
    const same = path.toLowerCase() // two names that differ in case only are one file on many systems
    if (seen.has(same)) throw f.invalid(at, 'duplicate', `names ${JSON.stringify(path)}, which is taken`)
    seen.add(same)
    const isGraph = role === 'denoiser' || role === 'encoder'
    if (isGraph !== (dtype !== undefined)) {
      throw f.invalid(at, 'inconsistent', isGraph ? 'must have a dtype' : `must have no dtype, being a ${role}`)
    }
    if (!isGraph) continue
    if (graphs.has(`${role} ${dtype}`)) throw f.invalid(at, 'duplicate', `is a second ${dtype} ${role}`)
    graphs.add(`${role} ${dtype}`)
    if (parity[dtype!] === undefined) {
      throw f.invalid(at, 'inconsistent', `is ${dtype}, but "parity" has no measurement of ${dtype}`)
    }
  }
  const has = (role: string) => files.some(entry => entry.role === role)
  if (!has('denoiser')) throw f.invalid(location, 'inconsistent', 'must have a file with the role "denoiser"')
  if (has('encoder') !== (networks.encoder !== null)) {
    throw f.invalid(
      location,
      'inconsistent',
      'must have a file with the role "encoder" exactly where networks.encoder is set',
    )
  }
}

function checkSampler({ sampler, labels }: Manifest, location: f.Location): void {
  const { solver, nfe, steps, gridPower, guidance } = sampler
  if (guidance > 0 && labels?.required) {
    throw f.invalid(f.within(location, 'guidance'), 'inconsistent', 'must be 0 where "labels" is required')
  }
  if (isAdaptive(solver)) {
    if (nfe === undefined && steps === undefined && gridPower === undefined) return
    throw f.invalid(
      location,
      'inconsistent',
      `must have no "nfe", "steps" or "gridPower": ${solver} chooses its steps itself`,
    )
  }
  if ((nfe === undefined) === (steps === undefined)) {
    throw f.invalid(location, 'inconsistent', 'must have one of "nfe" and "steps"')
  }
  if (nfe === undefined) return
  try {
    stepsOf(solver, nfe)
  } catch (error) {
    const { message, hint = '' } = error as MixflowError
    throw f.invalid(f.within(location, 'nfe'), 'inconsistent', `is impossible: ${message}`, { hint })
  }
}

function checkNetworks(manifest: Manifest, location: f.Location): void {
  const expected = networkPorts(manifest)
  for (const name of ['denoiser', 'encoder'] as const) {
    if (samePorts(manifest.networks[name], expected[name])) continue
    throw f.invalid(f.within(location, name), 'inconsistent', 'does not follow from "image", "labels" and "source"', {
      hint: `expected ${JSON.stringify(expected[name])}`,
    })
  }
}
