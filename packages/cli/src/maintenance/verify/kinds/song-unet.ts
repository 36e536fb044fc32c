/**
 * The denoiser: parameters by name, velocities, and the gradients of a mean squared error. Of the released models, which are too large for
 * a fixture, only names, order and shapes of the parameters.
 */

import { defined } from '@mixflow/core/internal'
import { buildDenoiser, countParameters, type DenoiserCondition } from '@mixflow/zoo/networks'
import * as tf from '@tensorflow/tfjs-core'
import { z } from 'zod'
import * as f from '../fields.ts'
import { type Fixture, invalid, type TensorFile } from '../fixture.ts'
import { tolerances } from '../report.ts'
import {
  compareGradients,
  isFilter,
  loadParameters,
  momentsOf,
  type SongUnetConfig,
  songUnetConfig,
  songUnetOf,
} from './networks.ts'
import { gradientsOf, imagesOf, labelsOf, nchw, numbersOf, tensorOf, type Values } from './tensors.ts'

const schema = f.fixture(
  {
    case: z.string(),
    config: songUnetConfig,
    mode: z.literal('eval'),
    files: f.strict({ weights: z.string(), io: z.string(), intermediates: z.string().optional() }),
    ...f.each(f.tensors, 'io_tensors weights'),
    parameter_count: f.number,
    scalars: f.strict({
      loss: f.number,
      loss_definition: z.literal('mean over all elements of (velocity-target)^2'),
      ...f.each(f.number.optional(), 'velocity_mean velocity_std'),
    }),
    ...f.each(f.numbers.default({}), 'grad_l2_norm_per_parameter grad_sum_per_parameter'),
    notes: z.record(z.string(), z.string()).default({}),
    reference_init_std: f.note,
  },
  'architecture layout',
)

export async function checkSongUnet(fixture: Fixture): Promise<void> {
  const json = fixture.parse(schema)
  const { files, scalars } = json
  const subject = `songunet ${json.case}`
  const { report } = fixture
  const compare = report.case(subject)
  const file = fixture.open(files.weights, json.weights)
  const io = fixture.open(files.io, json.io_tensors)
  const { choice, context } = songUnetOf(json.config, fixture)
  const { parameters, apply } = buildDenoiser(choice, context)
  tf.tidy(() => {
    const names = Object.keys(json.weights).filter(name => !isFilter(name))
    const total = json.parameter_count
    const values = loadParameters(fixture, subject, { parameters, file, prefix: '', names, total })
    for (const name of file.names.filter(isFilter)) {
      compare(name, new Float32Array(4).fill(0.25), file.float32(name), tolerances.exact)
    }

    const x = imagesOf(io, 'input.x')
    const t = tensorOf(io, 'input.t') as tf.Tensor1D
    const condition = conditionOf(io, json.config)
    const parts = new Map<string, tf.Tensor>()
    const velocity = nchw(apply(values, x, t, { ...condition, onPart: (name, output) => parts.set(name, output) }))
    if (files.intermediates !== undefined)
      compareParts(fixture, subject, { parts, file: fixture.open(files.intermediates) })
    const { mean, deviation } = momentsOf(velocity)
    compare('output.velocity', velocity, io.float32('output.velocity'))
    compare('mean velocity', mean, scalars.velocity_mean)
    compare('deviation of the velocity', deviation, scalars.velocity_std)

    const single = 'output.velocity_scalar_t'
    if (io.has(single)) {
      const first = Object.entries(condition).map(([key, value]) => [key, tf.slice(value as tf.Tensor1D, 0, 1)])
      const time = tf.tensor1d([timeOf(json.notes[single], fixture)])
      compare(single, nchw(apply(values, tf.slice(x, 0, 1), time, Object.fromEntries(first))), io.float32(single))
    }

    const target = imagesOf(io, 'input.target')
    const loss = (current: Values) =>
      tf.mean(tf.squaredDifference(apply(current, current.x as tf.Tensor4D, t, condition), target))
    compare('loss', loss({ ...values, x }), scalars.loss)
    const gradients = gradientsOf(loss, { ...values, x })
    compareGradients(fixture, subject, {
      gradients: { ...gradients, x: nchw(gradients.x!) },
      io,
      norms: json.grad_l2_norm_per_parameter,
      sums: json.grad_sum_per_parameter,
    })
  })
  io.reportUnread(fixture, 'it is not a known input or output')
  file.reportUnread(fixture, 'the network has no such parameter')
  if (json.reference_init_std !== undefined) {
    report.skip(subject, 'reference_init_std', 'deviations of random parameters; our initialization has its own tests')
  }
}

/**
 * Outputs of parts of the network for the first image. The file has layers of the embedding before their SiLU, sinusoids with the cosines
 * first, and the last norm without the SiLU that ours includes.
 */
function compareParts(
  fixture: Fixture,
  subject: string,
  { parts, file }: { readonly parts: ReadonlyMap<string, tf.Tensor>; readonly file: TensorFile },
): void {
  const compared = [...parts].flatMap(([part, output]) => {
    const isNoise = part === 'map_noise'
    const ours = isNoise ? swapHalves(output) : output.rank === 4 ? nchw(output) : output
    const name = isNoise ? `${part}_cos_sin` : part.startsWith('map_') ? `${part}_linear` : part
    if (!file.has(name)) return []
    const stored = file.float32(name)
    const expected = part.endsWith('_aux_norm') ? stored.map(value => value / (1 + Math.exp(-value))) : stored
    return [{ name, found: numbersOf(tf.slice(ours, 0, 1)), expected, tolerance: tolerances.output }]
  })
  fixture.report.worst(subject, 'output of', compared)
  file.reportUnread(fixture, 'our network has no part of this name')
}

const swapHalves = (x: tf.Tensor): tf.Tensor => tf.concat(tf.split(x, 2, 1).reverse(), 1)

function conditionOf(io: TensorFile, { label_dim: classes, activate_w_mode }: SongUnetConfig): DenoiserCondition {
  const oneHot = classes > 0 && io.has('input.class_labels') ? oneHotLabels(io, classes) : undefined
  const label = classes > 0 && io.has('input.labels_int') ? labelsOf(io, 'input.labels_int') : oneHot
  return {
    ...defined({ label }),
    ...(activate_w_mode ? { mixtureWeight: tensorOf(io, 'input.w') as tf.Tensor1D } : {}),
  }
}

/** Label indices of one-hot rows; a row of zeros means no label. */
function oneHotLabels(io: TensorFile, classes: number): tf.Tensor1D {
  const values = io.float32('input.class_labels')
  const labels = Int32Array.from({ length: values.length / classes }, (_, i) => {
    const index = values.subarray(i * classes, (i + 1) * classes).indexOf(1)
    return index < 0 ? classes : index
  })
  if (values.some((value, k) => value !== Number(labels[Math.floor(k / classes)] === k % classes))) {
    throw invalid(io.path, 'input.class_labels has rows that are not one-hot')
  }
  return tf.tensor1d(labels, 'int32')
}

function timeOf(remark: string | undefined, fixture: Fixture): number {
  const match = /^batch element 0 alone with t .*equal to (\d+(?:\.\d+)?)/.exec(remark ?? '')
  if (match !== null) return Number(match[1])
  const hint = 'expected "batch element 0 alone with t … equal to <t> …"'
  throw fixture.invalid('notes: output.velocity_scalar_t has no time', hint)
}

// ---- shapes --------------------------------------------------------------------------------------------------------

const shapesSchema = z.record(
  z.string(),
  f.strict({
    config: songUnetConfig,
    parameters: z.number().int(),
    state_dict: z.union([z.record(z.string(), z.array(z.number().int())), z.string().startsWith('same as ')]),
  }),
)

/** Whether a file is a record of configurations; it has no `group`. */
export function isSongUnetShapes(json: unknown): boolean {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return false
  const values: unknown[] = Object.values(json)
  const nameOf = (value: unknown) => (value as { config?: { name?: unknown } } | null)?.config?.name
  return values.length > 0 && values.every(value => nameOf(value) === 'songunet')
}

export async function checkSongUnetShapes(fixture: Fixture): Promise<void> {
  const json = fixture.parse(shapesSchema)
  for (const [name, { config, parameters: total, state_dict }] of Object.entries(json)) {
    const dict = typeof state_dict === 'string' ? json[state_dict.slice('same as '.length)]?.state_dict : state_dict
    if (dict === undefined || typeof dict === 'string') {
      throw fixture.invalid(`${name} is "${String(state_dict)}", which has no state_dict`)
    }
    const { choice, context } = songUnetOf(config, fixture)
    const { parameters } = buildDenoiser(choice, context)
    const expected = Object.entries(dict).filter(([key]) => !isFilter(key))
    const misplaced = expected.filter(([key], i) => parameters[i]?.name !== key).length
    const compare = fixture.report.case(name)
    compare('number of parameters', countParameters(parameters), total, tolerances.exact)
    compare('number of tensors', parameters.length, expected.length, tolerances.exact)
    compare('tensors out of place', misplaced, 0, tolerances.exact)
    const shapes = new Map(parameters.map(({ name: key, shape }) => [key, shape]))
    const compared = expected.map(([key, shape]) => ({
      name: key,
      found: shapes.get(key) ?? [],
      expected: shape,
      tolerance: tolerances.exact,
    }))
    fixture.report.worst(name, 'shape of', compared)
  }
}
