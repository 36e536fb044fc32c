/** The denoiser: parameters by name, velocities, and the gradients of a mean squared error. */

import { buildDenoiser, countParameters, type DenoiserCondition } from '@mixflow/zoo/networks'
import * as tf from '@tensorflow/tfjs-core'
import { z } from 'zod'
import {
  declaredTensors,
  type Fixture,
  invalid,
  openTensors,
  parsed,
  prose,
  remarks,
  type TensorFile,
} from '../fixture.ts'
import { type Report, tolerances } from '../report.ts'
import {
  compareGradientNumbers,
  compareGradients,
  loadedParameters,
  momentsOf,
  songUnetConfig,
  songUnetOf,
} from './networks.ts'
import { gradientsOf, imagesOf, labelsOf, nchw, numbersOf, tensorOf } from './tensors.ts'

const numbers = z.record(z.string(), z.number())

const schema = z.strictObject({
  ...{ ...remarks, group: z.literal('songunet'), case: z.string(), config: songUnetConfig },
  ...{ mode: z.literal('eval'), architecture: prose, layout: prose },
  files: z.strictObject({ weights: z.string(), io: z.string(), intermediates: z.string().optional() }),
  ...{ io_tensors: declaredTensors, weights: declaredTensors, parameter_count: z.number() },
  scalars: z.strictObject({
    loss: z.number(),
    loss_definition: z.literal('mean over all elements of (velocity-target)^2'),
    ...{ velocity_mean: z.number().optional(), velocity_std: z.number().optional() },
  }),
  ...{ grad_l2_norm_per_parameter: numbers.default({}), grad_sum_per_parameter: numbers.default({}) },
  ...{ notes: z.record(z.string(), z.string()).default({}), reference_init_std: prose },
})

/** Buffers of the release that are constants here. */
const isFilter = (name: string): boolean => name.endsWith('.resample_filter')

export async function checkSongUnet(fixture: Fixture, report: Report): Promise<void> {
  const json = parsed(fixture, schema)
  const subject = `songunet ${json.case}`
  const weights = openTensors(fixture, json.files.weights).declared(json.weights)
  const io = openTensors(fixture, json.files.io).declared(json.io_tensors)
  const { choice, context } = songUnetOf(json.config, fixture.file)
  const { parameters, apply } = buildDenoiser(choice, context)
  tf.tidy(() => {
    const names = Object.keys(json.weights).filter(name => !isFilter(name))
    const given = loadedParameters({ parameters, weights, prefix: '', report, subject }, names)
    const compare = (quantity: string, found: tf.Tensor | number, expected: Float32Array | number) =>
      report.compare(subject, quantity, {
        found: typeof found === 'number' ? found : numbersOf(found),
        ...{ expected, tolerance: tolerances.output },
      })
    const all = { found: countParameters(parameters), expected: json.parameter_count, tolerance: tolerances.exact }
    report.compare(subject, 'number of parameters', all)
    for (const name of weights.names.filter(isFilter)) {
      const found = new Float32Array(4).fill(0.25)
      report.compare(subject, name, { found, expected: weights.float32(name), tolerance: tolerances.exact })
    }

    const x = imagesOf(io, 'input.x')
    const t = tensorOf(io, 'input.t') as tf.Tensor1D
    const condition = conditionOf(io, json.config)
    const parts = new Map<string, tf.Tensor>()
    const velocity = nchw(apply(given, x, t, { ...condition, onPart: (name, output) => parts.set(name, output) }))
    if (json.files.intermediates !== undefined) {
      compareParts(parts, { report, subject, file: openTensors(fixture, json.files.intermediates) })
    }
    compare('output.velocity', velocity, io.float32('output.velocity'))
    const { mean, deviation } = momentsOf(numbersOf(velocity))
    if (json.scalars.velocity_mean !== undefined) compare('mean velocity', mean, json.scalars.velocity_mean)
    if (json.scalars.velocity_std !== undefined)
      compare('deviation of the velocity', deviation, json.scalars.velocity_std)

    const alone = 'output.velocity_scalar_t'
    if (io.has(alone)) {
      const first = tf.slice(x, 0, 1)
      const time = tf.tensor1d([timeOf(json.notes[alone], fixture.file)])
      compare(alone, nchw(apply(given, first, time, firstOf(condition))), io.float32(alone))
    }

    const target = imagesOf(io, 'input.target')
    const loss = (values: Readonly<Record<string, tf.Tensor>>) =>
      tf.mean(tf.squaredDifference(apply(values, values.x as tf.Tensor4D, t, condition), target))
    compare('loss', loss({ ...given, x }), json.scalars.loss)
    const { x: ofImage, ...gradients } = gradientsOf(loss, { ...given, x })
    const compared = { report, subject, gradients: { ...gradients, x: nchw(ofImage as tf.Tensor) } }
    compareGradients(compared, io)
    const { grad_l2_norm_per_parameter: lengths, grad_sum_per_parameter: sums } = json
    compareGradientNumbers(compared, { lengths, sums, file: fixture.file })
  })
  io.listUnread(report, 'it is no input or output that is known')
  weights.listUnread(report, 'the network has no such parameter')
  if (json.reference_init_std !== undefined) {
    report.skip(
      subject,
      'reference_init_std',
      'deviations of random weights; the rules of ours are tested by their moments',
    )
  }
}

/**
 * What is inside the network, for the first image. The file has layers of the embedding before their SiLU, as ours shows them,
 * its waves with the cosines first, and the last norm without the SiLU that is part of ours.
 */
function compareParts(
  parts: ReadonlyMap<string, tf.Tensor>,
  { report, subject, file }: { readonly report: Report; readonly subject: string; readonly file: TensorFile },
): void {
  const compared = [...parts].flatMap(([part, output]) => {
    const own = part === 'map_noise' ? swapped(output) : output.rank === 4 ? nchw(output) : output
    const name = part === 'map_noise' ? `${part}_cos_sin` : part.startsWith('map_') ? `${part}_linear` : part
    if (!file.has(name)) return []
    const stored = file.float32(name)
    const expected = part.endsWith('_aux_norm') ? stored.map(value => value / (1 + Math.exp(-value))) : stored
    return [{ name, found: numbersOf(tf.slice(own, 0, 1)), expected, tolerance: tolerances.output }]
  })
  report.compareAll(subject, 'output of', compared)
  file.listUnread(report, 'our network shows nothing of this name')
}

/** The halves of each row, the other way round. */
const swapped = (x: tf.Tensor): tf.Tensor => tf.concat([...tf.split(x, 2, 1)].reverse(), 1)

function conditionOf(
  io: TensorFile,
  { label_dim: classes, activate_w_mode: hasWeight }: z.infer<typeof songUnetConfig>,
): DenoiserCondition {
  const condition: { label?: tf.Tensor1D; mixtureWeight?: tf.Tensor1D } = {}
  if (classes > 0)
    condition.label = io.has('input.labels_int') ? labelsOf(io, 'input.labels_int') : hotLabels(io, classes)
  if (hasWeight) condition.mixtureWeight = tensorOf(io, 'input.w') as tf.Tensor1D
  if (classes > 0 && io.has('input.class_labels')) hotLabels(io, classes)
  return condition
}

/** The numbers of rows that have a single one, which is all that our network takes. */
function hotLabels(io: TensorFile, classes: number): tf.Tensor1D {
  const values = io.float32('input.class_labels')
  const rows = Array.from({ length: values.length / classes }, (_, i) =>
    values.subarray(i * classes, (i + 1) * classes),
  )
  const labels = rows.map(row => (row.every(value => value === 0) ? classes : row.indexOf(1)))
  const isHot = rows.every((row, i) => row.every((value, k) => value === Number(k === labels[i])))
  if (!isHot) throw invalid(io.path, 'input.class_labels are no one-hot rows, which are all that is known here')
  return tf.tensor1d(Int32Array.from(labels), 'int32')
}

const firstOf = (condition: DenoiserCondition): DenoiserCondition =>
  Object.fromEntries(Object.entries(condition).map(([key, value]) => [key, tf.slice(value as tf.Tensor1D, 0, 1)]))

function timeOf(note: string | undefined, file: string): number {
  const match = /^batch element 0 alone with t .*equal to (\d+(?:\.\d+)?)/.exec(note ?? '')
  if (match !== null) return Number(match[1])
  throw invalid(
    file,
    'notes: output.velocity_scalar_t does not say its time',
    'it should be "batch element 0 alone with t … equal to <t> …"',
  )
}
