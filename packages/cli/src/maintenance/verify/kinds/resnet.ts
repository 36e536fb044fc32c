/**
 * A feature extractor as ONNX: features and logits of given images, and the Fréchet distances that calibrate it. The names of the tensors
 * say what a file contains:
 *
 *   images_u8 with features, logits     outputs of the original network
 *   probe_images_u8, first8_features    the same for a few images, with mean, cov and n of the features of the training images
 *   mean_<set>, cov_<set>               sets that are compared
 */

import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { fromBytes } from '@mixflow/core'
import { readRegularFileSync } from '@mixflow/files'
import { type Extractor, frechetDistance, type Gaussian, mergeStatistics, openExtractor } from '@mixflow/measure'
import { z } from 'zod'
import * as f from '../fields.ts'
import type { Context, Fixture, TensorFile } from '../fixture.ts'

const distance = f.strict(f.each(z.number(), 'fd mean_term trace_term'), 'fd_torchmetrics_formula')

const schema = f.fixture(
  {
    onnx: f.strict(
      { file: z.string(), input: z.string(), outputs: z.record(z.string(), z.string()) },
      'opset ir_version ops nodes',
    ),
    files: z.record(z.string(), z.unknown()),
    // loose: it also has times and accuracies
    results: z.looseObject({ onnx_sha256: z.string(), calibration: z.record(z.string(), distance).default({}) }),
  },
  'noise',
)
type Json = z.infer<typeof schema>

export async function checkResnet(fixture: Fixture): Promise<void> {
  const json = fixture.parse(schema)
  const bytes = new Uint8Array(readRegularFileSync(fixture.beside(json.onnx.file)))
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  if (sha256 !== json.results.onnx_sha256) {
    const expected = `the JSON says ${json.results.onnx_sha256}`
    throw fixture.invalid(`the SHA-256 of ${json.onnx.file} is ${sha256}, but ${expected}`, 'copy the file again')
  }
  const files = Object.keys(json.files).map(name => fixture.open(name))
  const extractor = await openExtractor(bytes, descriptionOf(json, fixture, sha256))
  try {
    for (const tensors of files) await checkOutputs(extractor, { fixture, tensors })
  } finally {
    await extractor.dispose()
  }
  checkCalibration(json.results.calibration, files, fixture)
  for (const tensors of files) tensors.reportUnread(fixture, 'it is neither an image nor an output')
  const reason = 'they require the whole data set, or the same machine'
  fixture.report.skip(basename(fixture.path), 'accuracies and times', reason)
}

function descriptionOf({ onnx }: Json, fixture: Fixture, sha256: string) {
  const value = '(-?[\\d.]+)'
  const form = `^(\\w+) float32 \\[N,([13]),(\\d+),(\\d+)\\].*values in \\[${value},${value}\\]`
  const [, input, channels, height, width, low, high] = new RegExp(form).exec(onnx.input) ?? []
  if (input === undefined) {
    const expected = 'expected "<name> float32 [N,C,H,W], … values in [a,b] …"'
    throw fixture.invalid(`cannot parse onnx.input "${onnx.input}"`, expected)
  }
  const widthOf = (name: string): number => {
    const match = /^float32 \[N,(\d+)\]/.exec(onnx.outputs[name] ?? '')
    if (match !== null) return Number(match[1])
    throw fixture.invalid(`cannot parse onnx.outputs.${name}`, 'expected "float32 [N,width] …"')
  }
  return {
    name: basename(onnx.file, '.onnx'),
    sha256,
    input,
    resize: 'none' as const,
    rounding: 'round' as const,
    channels: Number(channels) as 1 | 3,
    height: Number(height),
    width: Number(width),
    range: [Number(low), Number(high)] as const,
    features: 'features',
    dimensions: widthOf('features'),
    logits: 'logits' in onnx.outputs ? { name: 'logits', classes: widthOf('logits') } : null,
  }
}

async function checkOutputs(extractor: Extractor, { fixture, tensors }: Context): Promise<void> {
  const compare = fixture.report.case(basename(tensors.path, '.safetensors'))
  const run = (images: string) => extractor.extract(fromBytes(Uint8Array.from(tensors.float64(images))))
  if (tensors.has('images_u8')) {
    const { features, logits } = await run('images_u8')
    const [low, high] = extractor.description.range
    const images = tensors.float64('images_u8').map(byte => low + ((high - low) * byte) / 255)
    compare('features', features, tensors.float32('features'))
    compare('logits', logits ?? [], tensors.optional('logits'))
    compare('images', Float32Array.from(images), tensors.optional('images'))
  }
  if (tensors.has('probe_images_u8')) {
    compare('first8_features', (await run('probe_images_u8')).features, tensors.float32('first8_features'))
  }
}

// ---- calibration ---------------------------------------------------------------------------------------------------

interface CountedGaussian extends Gaussian {
  readonly count: number
}
type Sets = Map<string, CountedGaussian>

/**
 * A distance is named `<case>_<set>_vs_<set>`. Stored sets are named by the case and a letter for the side (`i_a`, `i_b`), or by their label
 * without punctuation (`noise01` is `same_plus_noise_0.1`). A range of the training images may be the union of two stored ranges, and
 * `train<n>` is all of them.
 */
function checkCalibration(
  calibration: Json['results']['calibration'],
  files: readonly TensorFile[],
  { report }: Fixture,
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
      const range = rangeOf(label)
      if (stored !== undefined) sets.set(plain(label), { ...stored, count: range ? range.to - range.from : 0 })
    }
  }
  for (const { key, left, right, expected } of entries) {
    const [a, b] = [setOf(left, sets), setOf(right, sets)]
    if (a === undefined || b === undefined) {
      report.skip(key, 'Fréchet distance', 'the moments of its sets are not stored')
      continue
    }
    const found = frechetDistance(a, b)
    const compare = report.case(key)
    const tolerance = { absolute: 1e-7, relative: 1e-7 }
    compare('Fréchet distance', found.distance, expected.fd, tolerance)
    compare('mean term', found.meanTerm, expected.mean_term, tolerance)
    compare('covariance term', found.covarianceTerm, expected.trace_term, tolerance)
  }
}

const plain = (label: string): string => label.replace(/^same_plus_/, '').replace(/[^a-z0-9[:\]]/g, '')

function rangeOf(label: string): { from: number; to: number } | undefined {
  const match = /^train\[(\d+):(\d+)\]$/.exec(label)
  return match === null ? undefined : { from: Number(match[1]), to: Number(match[2]) }
}

function storedSets(files: readonly TensorFile[]): Sets {
  const sets: Sets = new Map()
  for (const tensors of files) {
    const gaussian = (suffix: string, n: number) => ({
      mean: tensors.float64(`mean${suffix}`),
      covariance: tensors.float64(`cov${suffix}`),
      count: n,
    })
    for (const name of tensors.names) {
      if (name.startsWith('mean_')) sets.set(name.slice('mean_'.length), gaussian(name.slice('mean'.length), 0))
    }
    if (!tensors.has('mean') || !tensors.has('cov') || !tensors.has('n')) continue
    const [n = 0] = tensors.float64('n')
    sets.set(`train${n}`, gaussian('', n))
  }
  return sets
}

/** A stored set, or the union of two stored ranges. */
function setOf(label: string, sets: Sets): Gaussian | undefined {
  const range = rangeOf(label)
  const stored = sets.get(plain(label))
  if (stored !== undefined || range === undefined) return stored
  const ranges = [...sets].flatMap(([name, set]) => {
    const { from, to } = rangeOf(name) ?? {}
    return from === undefined || to === undefined ? [] : [{ from, to, ...set }]
  })
  const first = ranges.find(({ from, to }) => from === range.from && to < range.to)
  const second = ranges.find(({ from, to }) => from === first?.to && to === range.to)
  if (first === undefined || second === undefined) return undefined
  const { mean, scatter, count } = mergeStatistics(statistics(first), statistics(second))
  return { mean, covariance: scatter.map(value => value / (count - 1)) }
}

const statistics = ({ mean, covariance, count }: CountedGaussian) => ({
  count,
  mean,
  scatter: covariance.map(value => value * (count - 1)),
})
