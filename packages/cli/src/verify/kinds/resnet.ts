/**
 * A feature extractor as ONNX: its features and logits of given images, the statistics of its training features, and the
 * Fréchet distances that calibrate it. What a file of tensors holds is told by its tensors:
 *
 *   images_u8 with features, logits     what the original network gave
 *   probe_images_u8, first8_features    the same for a few more, beside mean, cov and n of the training features
 *   mean_<set>, cov_<set>               sets that are compared
 */

import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { fromBytes } from '@mixflow/core'
import { readRegularFileSync } from '@mixflow/files'
import { type Extractor, frechetDistance, type Gaussian, mergeStatistics, openExtractor } from '@mixflow/measure'
import { z } from 'zod'
import { type Fixture, fileBeside, invalid, openTensors, parsed, prose, remarks, type TensorFile } from '../fixture.ts'
import { type Report, tolerances } from '../report.ts'

const distance = z.strictObject({
  ...{ fd: z.number(), mean_term: z.number(), trace_term: z.number(), fd_torchmetrics_formula: prose },
})

const schema = z.strictObject({
  ...{ ...remarks, group: z.literal('resnet'), noise: prose },
  onnx: z.strictObject({
    ...{ file: z.string(), opset: prose, ir_version: prose, ops: prose, nodes: prose },
    input: z.string(),
    outputs: z.record(z.string(), z.string()),
  }),
  files: z.record(z.string(), prose),
  results: z
    .object({
      onnx_sha256: z.string(),
      onnx_bytes: z.number().optional(),
      calibration: z.record(z.string(), distance).default({}),
    })
    // what else was measured when the fixture was made, such as seconds and accuracies
    .catchall(z.unknown()),
})
type Json = z.infer<typeof schema>

export async function checkResnet(fixture: Fixture, report: Report): Promise<void> {
  const json = parsed(fixture, schema)
  const network = fileBeside(fixture, json.onnx.file)
  const bytes = new Uint8Array(readRegularFileSync(network))
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  if (sha256 !== json.results.onnx_sha256) {
    throw invalid(network, `its sha256 is ${sha256}, and ${json.results.onnx_sha256} in the JSON`, 'copy it again')
  }
  const files = Object.keys(json.files).map(name => openTensors(fixture, name))
  const extractor = await openExtractor(bytes, descriptionOf(json, { file: fixture.file, sha256 }))
  try {
    for (const tensors of files) await checkOutputs(extractor, tensors, report)
  } finally {
    await extractor.dispose()
  }
  checkCalibration(json.results.calibration, files, report)
  for (const tensors of files) tensors.listUnread(report, 'it is neither an image nor what is computed of one')
  report.skip(
    basename(fixture.file),
    'accuracies and times',
    'they need the whole data set, or the machine they are of',
  )
}

function descriptionOf({ onnx }: Json, { file, sha256 }: { file: string; sha256: string }) {
  const number = '(-?[\\d.]+)'
  const input = new RegExp(`^(\\w+) float32 \\[N,([13]),(\\d+),(\\d+)\\].*values in \\[${number},${number}\\]`).exec(
    onnx.input,
  )
  if (input === null) {
    throw invalid(
      file,
      `onnx.input "${onnx.input}" is not understood`,
      'it should be "<name> float32 [N,C,H,W], … values in [a,b] …"',
    )
  }
  const widthOf = (name: string): number => {
    const match = /^float32 \[N,(\d+)\]/.exec(onnx.outputs[name] ?? '')
    if (match === null)
      throw invalid(file, `onnx.outputs.${name} is not understood`, 'it should be "float32 [N,width] …"')
    return Number(match[1])
  }
  const [name, channels, height, width, low, high] = input.slice(1) as [string, string, string, string, string, string]
  return {
    ...{ name: basename(onnx.file, '.onnx'), sha256, input: name },
    ...{ resize: 'none' as const, rounding: 'round' as const },
    ...{ channels: Number(channels) as 1 | 3, height: Number(height), width: Number(width) },
    range: [Number(low), Number(high)] as const,
    ...{ features: 'features', dimensions: widthOf('features') },
    logits: 'logits' in onnx.outputs ? { name: 'logits', classes: widthOf('logits') } : null,
  }
}

async function checkOutputs(extractor: Extractor, tensors: TensorFile, report: Report): Promise<void> {
  const subject = basename(tensors.path, '.safetensors')
  const run = (images: string) => extractor.extract(fromBytes(Uint8Array.from(tensors.float64(images))))
  const compare = (quantity: string, found: ArrayLike<number>, expected = tensors.float32(quantity)) =>
    report.compare(subject, quantity, { found, expected, tolerance: tolerances.output })
  if (tensors.has('images_u8')) {
    const { features, logits } = await run('images_u8')
    compare('features', features)
    if (tensors.has('logits')) compare('logits', logits ?? [])
    if (tensors.has('images')) {
      const [low, high] = extractor.description.range
      compare(
        'images',
        Float32Array.from(tensors.float64('images_u8'), byte => low + ((high - low) * byte) / 255),
      )
    }
  }
  if (tensors.has('probe_images_u8')) compare('first8_features', (await run('probe_images_u8')).features)
}

// ---- calibration ---------------------------------------------------------------------------------------------------

interface Counted {
  readonly gaussian: Gaussian
  readonly count: number
}

/**
 * Each distance is named `<case>_<set>_vs_<set>`. The sets that are stored are named by the case and a letter for its side
 * (`i_a`, `i_b`), or by what they are, without signs (`noise01` is `same_plus_noise_0.1`); a range of the training images
 * may also be the union of two that are stored, and `train<n>` is all of them.
 */
function checkCalibration(
  calibration: Json['results']['calibration'],
  files: readonly TensorFile[],
  report: Report,
): void {
  const sets = storedSets(files)
  const entries = Object.entries(calibration).map(([key, expected]) => {
    const [, name = '', left = '', right = ''] = /^([a-z]+(?:_b)?)_(.+)_vs_(.+)$/.exec(key) ?? []
    return { key, name, left, right, expected }
  })
  for (const { name, left, right } of entries) {
    for (const [label, side] of [
      [left, 'a'],
      [right, 'b'],
    ] as const) {
      const stored = sets.get(`${name}_${side}`)
      if (stored !== undefined) sets.set(plain(label), { ...stored, count: lengthOf(label) ?? 0 })
    }
  }
  for (const { key, left, right, expected } of entries) {
    const [a, b] = [setOf(left, sets), setOf(right, sets)]
    if (a === undefined || b === undefined) {
      report.skip(key, 'Fréchet distance', 'the moments of its sets are not stored')
      continue
    }
    const found = frechetDistance(a.gaussian, b.gaussian)
    const compare = (quantity: string, value: number, wanted: number) =>
      report.compare(key, quantity, { found: value, expected: wanted, tolerance: { absolute: 1e-7, relative: 1e-7 } })
    compare('Fréchet distance', found.distance, expected.fd)
    compare('mean term', found.meanTerm, expected.mean_term)
    compare('covariance term', found.covarianceTerm, expected.trace_term)
  }
}

const plain = (label: string): string => label.replace(/^same_plus_/, '').replace(/[^a-z0-9[:\]]/g, '')

const lengthOf = (label: string): number | undefined => {
  const range = rangeOf(label)
  return range && range.to - range.from
}

function rangeOf(label: string): { from: number; to: number } | undefined {
  const match = /^train\[(\d+):(\d+)\]$/.exec(label)
  return match === null ? undefined : { from: Number(match[1]), to: Number(match[2]) }
}

function storedSets(files: readonly TensorFile[]): Map<string, Counted> {
  const sets = new Map<string, Counted>()
  for (const tensors of files) {
    const gaussian = (end: string) => ({
      mean: tensors.float64(`mean${end}`),
      covariance: tensors.float64(`cov${end}`),
    })
    for (const name of tensors.names) {
      if (name.startsWith('mean_')) sets.set(name.slice(5), { gaussian: gaussian(name.slice(4)), count: 0 })
    }
    if (!tensors.has('mean') || !tensors.has('cov') || !tensors.has('n')) continue
    const [count = 0] = tensors.float64('n')
    sets.set(`train${count}`, { gaussian: gaussian(''), count })
  }
  return sets
}

function setOf(label: string, sets: ReadonlyMap<string, Counted>): Counted | undefined {
  const range = rangeOf(label)
  return sets.get(plain(label)) ?? (range && unionOf(range, sets))
}

/** Two stored ranges that are this one together. */
function unionOf(range: { from: number; to: number }, sets: ReadonlyMap<string, Counted>): Counted | undefined {
  const within = [...sets].flatMap(([label, set]) => {
    const own = rangeOf(label)
    return own === undefined ? [] : [{ ...own, ...set }]
  })
  const first = within.find(({ from, to }) => from === range.from && to < range.to)
  const second = within.find(({ from, to }) => from === first?.to && to === range.to)
  if (first === undefined || second === undefined) return undefined
  const { mean, scatter, count } = mergeStatistics(statistics(first), statistics(second))
  return { gaussian: { mean, covariance: scatter.map(value => value / (count - 1)) }, count }
}

const statistics = ({ gaussian: { mean, covariance }, count }: Counted) => ({
  ...{ count, mean, scatter: covariance.map(value => value * (count - 1)) },
})
