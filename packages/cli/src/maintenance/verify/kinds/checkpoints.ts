/**
 * Checkpoints of the reference: every tensor as read, the outputs of the imported networks with the parameters of the last step and with
 * their EMA, and damaged or malicious files, which must be refused without running anything in them.
 */

import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { float32Values, tensorValues } from '@mixflow/core/internal'
import { type ForeignCheckpoint, importCheckpoint, openForeignFile, readForeign } from '@mixflow/export'
import { readRegularFileSync } from '@mixflow/files'
import { checkpointsFolder } from '@mixflow/train'
import { presets, type TrainingConfig } from '@mixflow/zoo'
import { buildDenoiser, buildEncoder, type ParameterSpec } from '@mixflow/zoo/networks'
import * as tf from '@tensorflow/tfjs-core'
import { z } from 'zod'
import * as f from '../fields.ts'
import { type Fixture, TensorFile } from '../fixture.ts'
import { tolerances } from '../report.ts'
import { encoderOf, encoderSummary } from './encoder.ts'
import { songUnetConfig, songUnetOf } from './networks.ts'
import { imagesOf, labelsOf, nchw, tensorOf, type Values } from './tensors.ts'

const tensor = f.strict({
  shape: z.array(f.count),
  dtype: z.enum(['float32', 'int64']),
  ...f.each(f.number, 'sum l2 first'),
})

const goodFile = f.strict(
  {
    ...f.each(z.string(), 'file sha256 expected_outputs'),
    ...f.each(f.count, 'bytes state_dict_size'),
    denoiser_config: songUnetConfig,
    encoder_config: encoderSummary,
    must_read: z.record(z.string(), z.unknown()),
    prefixes: z.record(z.string(), f.count),
    state_dict: z.record(z.string(), tensor),
    raw_vs_ema_max_abs_diff: f.number,
  },
  'archive top_level_keys callbacks_keys loops_keys logged ema optimizer_parameter_index torch_load_weights_only',
)
type GoodFile = z.infer<typeof goodFile>

const badFile = f.strict(
  { file: z.string(), bytes: f.count, kind: z.enum(['malicious', 'corrupt']) },
  'why expected torch_load_weights_only_true pickle_globals',
)

const matrix = z.union([z.array(f.number), z.array(z.array(f.number))])

const schema = f.fixture({
  good: z.array(goodFile).default([]),
  mini_good: f
    .strict({ file: z.string(), bytes: f.count.optional(), state_dict: z.record(z.string(), matrix) }, 'note')
    .optional(),
  bad: z.array(badFile).default([]),
})

export async function checkCheckpoints(fixture: Fixture): Promise<void> {
  const { good, mini_good, bad } = fixture.parse(schema)
  const { report } = fixture
  for (const c of good) {
    await checkTensors(fixture, c)
    await checkOutputs(fixture, c)
  }
  if (mini_good !== undefined) {
    const { file, state_dict } = mini_good
    await using foreign = await openForeignFile(fixture.beside(file))
    for (const [name, values] of Object.entries(state_dict)) {
      report.case(file)(name, await numbersIn(foreign, name), values.flat(), tolerances.exact)
    }
  }
  for (const { file, kind } of bad) {
    const code = await refusalOf(fixture.beside(file))
    const expected = kind === 'malicious' ? 'CHECKPOINT_UNSAFE' : 'CHECKPOINT_INVALID'
    report.case(file)(`refused as ${kind}`, Number(code === expected), 1, tolerances.exact)
  }
}

// ---- reading -------------------------------------------------------------------------------------------------------

async function numbersIn({ tensors }: ForeignCheckpoint, name: string): Promise<number[]> {
  const found = tensors.get(name)
  if (found === undefined) return []
  const stored = await readForeign(found)
  if (found.dtype !== 'I64') return [...float32Values(stored)]
  return Array.from(tensorValues(stored) as BigInt64Array, Number)
}

/** The error code of opening a file and reading all of it; undefined where it is accepted. */
async function refusalOf(path: string): Promise<string | undefined> {
  try {
    await using foreign = await openForeignFile(path)
    for (const found of foreign.tensors.values()) await found.read()
    return undefined
  } catch (error) {
    if (MixflowError.is(error)) return error.code
    throw error
  }
}

const dtypes = { float32: 'F32', int64: 'I64' } as const

async function checkTensors(fixture: Fixture, c: GoodFile): Promise<void> {
  const { report } = fixture
  const path = fixture.beside(c.file)
  const bytes = readRegularFileSync(path)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  if (bytes.length !== c.bytes || sha256 !== c.sha256) {
    throw fixture.invalid(`the size or SHA-256 of ${c.file} differs from the JSON`, 'copy the file again')
  }
  await using foreign = await openForeignFile(path)
  const { tensors, numbers: facts } = foreign
  const expected = Object.entries(c.state_dict)
  const names = [...tensors.keys()]
  const compare = report.case(c.file)
  const misplaced = expected.filter(([name], i) => names[i] !== name)
  const reshaped = expected.filter(([name, { shape, dtype }]) => {
    const found = tensors.get(name)
    return found?.dtype !== dtypes[dtype] || found.shape.join() !== shape.join()
  })
  compare('number of tensors', names.length, c.state_dict_size, tolerances.exact)
  compare('tensors out of place', misplaced.length, 0, tolerances.exact)
  for (const [prefix, n] of Object.entries(c.prefixes)) {
    compare(`tensors in ${prefix}`, names.filter(name => name.startsWith(prefix)).length, n, tolerances.exact)
  }
  compare('tensors of another shape or type', reshaped.length, 0, tolerances.exact)

  const read = new Map<string, number[]>()
  for (const [name] of expected) read.set(name, await numbersIn(foreign, name))
  const statistics = {
    sum: (values: number[]) => values.reduce((sum, value) => sum + value, 0),
    l2: (values: number[]) => Math.hypot(...values),
    first: (values: number[]) => values[0] ?? Number.NaN,
  }
  for (const key of ['sum', 'l2', 'first'] as const) {
    const compared = expected.map(([name, values]) => ({
      name,
      found: statistics[key](read.get(name)!),
      expected: values[key],
      tolerance: { absolute: 1e-6 * Math.max(1, values.l2), relative: 1e-6 },
    }))
    report.worst(c.file, `${key} of`, compared)
  }
  const differences = [...read].flatMap(([name, values]) => {
    const ema = name.startsWith('denoiser.') ? read.get(name.replace('denoiser.', 'ema.module.')) : undefined
    return ema === undefined ? [] : values.map((value, i) => Math.abs(value - ema[i]!))
  })
  const largest = differences.reduce((most, value) => Math.max(most, value), 0)
  compare('last step against average', largest, c.raw_vs_ema_max_abs_diff, { absolute: 1e-9 })

  const skipped: string[] = []
  for (const [key, value] of Object.entries(c.must_read)) {
    const found = facts.get(key) ?? read.get(key)?.[0]
    if (found !== undefined && typeof value === 'number') compare(key, found, value, tolerances.exact)
    else if (key === 'global_step' || key === 'epoch') compare(key, Number.NaN, 0, tolerances.exact)
    else skipped.push(key)
  }
  if (skipped.length > 0) report.skip(c.file, skipped.join(', '), 'an import reads only parameters and the step')
}

// ---- outputs -------------------------------------------------------------------------------------------------------

async function checkOutputs(fixture: Fixture, c: GoodFile): Promise<void> {
  const expected = fixture.open(c.expected_outputs)
  const networks = networksOf(c, fixture)
  const denoiser = buildDenoiser(networks.denoiser.choice, networks.denoiser.context)
  const encoder = buildEncoder(networks.encoder.choice, networks.encoder.context)
  const { image } = networks.denoiser.context
  const classes = c.denoiser_config.label_dim
  const folder = mkdtempSync(join(tmpdir(), 'mixflow-verify-'))
  try {
    const run = join(folder, 'run')
    const { step } = await importCheckpoint({
      file: fixture.beside(c.file),
      out: run,
      config: networks.config,
      image,
      labels: classes > 0 ? { count: classes } : null,
    })
    const checkpoint = join(checkpointsFolder(run), `step-${String(step).padStart(9, '0')}`)
    for (const [role, key] of [
      ['weights', 'denoiser'],
      ['ema', 'ema.module'],
    ] as const) {
      const file = new TensorFile(join(checkpoint, `${role}.safetensors`))
      const load = (prefix: string, parameters: readonly ParameterSpec[]): Values =>
        Object.fromEntries(parameters.map(({ name }) => [name, tensorOf(file, `${prefix}.${name}`)]))
      const subjectCompare = fixture.report.case(`${c.file}, ${role}`)
      const compare = (quantity: string, found: tf.Tensor) =>
        subjectCompare(quantity, nchw(found), expected.float32(quantity))
      tf.tidy(() => {
        const condition = {
          ...(classes > 0 ? { label: labelsOf(expected, 'input.labels_int') } : {}),
          ...(c.denoiser_config.activate_w_mode ? { mixtureWeight: tensorOf(expected, 'input.w') as tf.Tensor1D } : {}),
        }
        const [x, t] = [imagesOf(expected, 'input.x'), tensorOf(expected, 'input.t') as tf.Tensor1D]
        compare(`output.velocity.${key}`, denoiser.apply(load('denoiser', denoiser.parameters), x, t, condition))
        const output = encoder.apply(load('encoder', encoder.parameters), imagesOf(expected, 'input.encoder_x'))
        const [mean, logVariance] = networks.encoder.gaussian === 'mean' ? [output] : tf.split(output, 2, 3)
        compare('output.encoder.mean', mean!)
        if (logVariance !== undefined) compare('output.encoder.log_var', logVariance)
      })
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  expected.reportUnread(fixture, 'it is not a known input or output')
}

/** The networks and the configuration that `mixflow import` would use. */
function networksOf(c: GoodFile, fixture: Fixture) {
  const config = c.denoiser_config
  const denoiser = songUnetOf(config, fixture.part(`${basename(c.file)}: denoiser_config`, config))
  const isImageNoise = c.encoder_config.input_mode === 'sample_and_noise'
  const encoder = encoderOf(
    {
      ...c.encoder_config,
      gaussian: true,
      normalize_output: false,
      sample_size: config.img_resolution,
      in_channels: config.in_channels * (isImageNoise ? 2 : 1),
      out_channels: config.out_channels,
      mid_block_type: null,
      skip_connection: false,
      class_encoder: false,
      num_classes: null,
    },
    fixture.part(`${basename(c.file)}: encoder_config`, c.encoder_config),
  )
  const base: TrainingConfig = presets.cifar10.config
  const { kappa, gaussian } = encoder
  return {
    denoiser,
    encoder,
    config: {
      ...base,
      source: { ...base.source!, kappa, gaussian, conditionOnWeight: config.activate_w_mode },
      labels: config.label_dim > 0,
      denoiser: denoiser.choice,
      encoder: encoder.choice,
    } as TrainingConfig,
  }
}
