/**
 * Checkpoints from elsewhere: each tensor as it should be read, the imported networks' outputs with the weights of the last
 * step and with their average, and files that must be refused, nothing of them being run.
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
import { type Fixture, fileBeside, invalid, openTensors, parsed, prose, remarks, TensorFile } from '../fixture.ts'
import { type Report, tolerances } from '../report.ts'
import { encoderOf, encoderSummary } from './encoder.ts'
import { songUnetConfig, songUnetOf } from './networks.ts'
import { imagesOf, labelsOf, nchw, numbersOf, tensorOf } from './tensors.ts'

const count = z.number().int().min(0)

const tensor = z.strictObject({
  ...{ shape: z.array(count), dtype: z.enum(['float32', 'int64']), sum: z.number(), l2: z.number(), first: z.number() },
})

const goodFile = z.strictObject({
  ...{ file: z.string(), bytes: count, sha256: z.string() },
  ...{ denoiser_config: songUnetConfig, encoder_config: encoderSummary },
  ...{ archive: prose, top_level_keys: prose, callbacks_keys: prose, loops_keys: prose, logged: prose, ema: prose },
  must_read: z.record(z.string(), z.unknown()),
  ...{ prefixes: z.record(z.string(), count), state_dict_size: count, state_dict: z.record(z.string(), tensor) },
  ...{ optimizer_parameter_index: prose, torch_load_weights_only: prose },
  ...{ raw_vs_ema_max_abs_diff: z.number(), expected_outputs: z.string() },
})
type GoodFile = z.infer<typeof goodFile>

const schema = z.strictObject({
  ...{ ...remarks, group: z.literal('lightning-ckpt') },
  good: z.array(goodFile).default([]),
  mini_good: z
    .strictObject({
      ...{ file: z.string(), note: prose, bytes: count.optional() },
      state_dict: z.record(z.string(), z.union([z.array(z.number()), z.array(z.array(z.number()))])),
    })
    .optional(),
  bad: z
    .array(
      z.strictObject({
        ...{ file: z.string(), bytes: count, kind: z.enum(['malicious', 'corrupt']), why: prose, expected: prose },
        ...{ torch_load_weights_only_true: prose, pickle_globals: prose },
      }),
    )
    .default([]),
})

export async function checkCheckpoints(fixture: Fixture, report: Report): Promise<void> {
  const json = parsed(fixture, schema)
  for (const c of json.good) {
    await checkTensors(fixture, c, report)
    await checkOutputs(fixture, c, report)
  }
  if (json.mini_good !== undefined) {
    const { file, state_dict } = json.mini_good
    await using foreign = await openForeignFile(fileBeside(fixture, file))
    for (const [name, values] of Object.entries(state_dict)) {
      const found = await numbers(foreign, name)
      report.compare(file, name, { found, expected: values.flat(), tolerance: tolerances.exact })
    }
  }
  for (const { file, kind } of json.bad) {
    const code = await refusalOf(fileBeside(fixture, file))
    const expected = kind === 'malicious' ? 'CHECKPOINT_UNSAFE' : 'CHECKPOINT_INVALID'
    const comparison = { found: Number(code === expected), expected: 1, tolerance: tolerances.exact }
    report.compare(file, `refused as ${kind}`, comparison)
  }
}

// ---- reading -------------------------------------------------------------------------------------------------------

async function numbers({ tensors }: ForeignCheckpoint, name: string): Promise<number[]> {
  const found = tensors.get(name)
  if (found === undefined) return []
  const stored = await readForeign(found)
  if (found.dtype !== 'I64') return [...float32Values(stored)]
  return Array.from(tensorValues(stored) as BigInt64Array, Number)
}

/** The code with which a file is refused, on opening or on reading all of it; undefined where it is accepted. */
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

async function checkTensors(fixture: Fixture, c: GoodFile, report: Report): Promise<void> {
  const path = fileBeside(fixture, c.file)
  const bytes = readRegularFileSync(path)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  if (bytes.length !== c.bytes || sha256 !== c.sha256) {
    throw invalid(path, 'its size or sha256 is not the one in the JSON', 'copy it again')
  }
  await using foreign = await openForeignFile(path)
  const { tensors, numbers: facts } = foreign
  const expected = Object.entries(c.state_dict)
  const names = [...tensors.keys()]
  const exactly = (quantity: string, found: number, wanted: number) =>
    report.compare(c.file, quantity, { found, expected: wanted, tolerance: tolerances.exact })
  exactly('number of tensors', names.length, c.state_dict_size)
  exactly('tensors out of place', expected.filter(([name], i) => names[i] !== name).length, 0)
  for (const [prefix, wanted] of Object.entries(c.prefixes)) {
    exactly(`tensors in ${prefix}`, names.filter(name => name.startsWith(prefix)).length, wanted)
  }
  const types = { float32: 'F32', int64: 'I64' }
  const isForm = (name: string, { shape, dtype }: z.infer<typeof tensor>) =>
    tensors.get(name)?.dtype === types[dtype] && tensors.get(name)?.shape.join() === shape.join()
  exactly('tensors of another shape or type', expected.filter(([name, form]) => !isForm(name, form)).length, 0)

  const read = new Map<string, number[]>()
  for (const [name] of expected) read.set(name, await numbers(foreign, name))
  const compareAll = (quantity: 'sum' | 'l2' | 'first', of: (values: number[]) => number) =>
    report.compareAll(
      c.file,
      `${quantity} of`,
      expected.map(([name, wanted]) => {
        const tolerance = { absolute: 1e-6 * Math.max(1, wanted.l2), relative: 1e-6 }
        return { name, found: of(read.get(name) as number[]), expected: wanted[quantity], tolerance }
      }),
    )
  compareAll('sum', values => values.reduce((sum, value) => sum + value, 0))
  compareAll('l2', values => Math.hypot(...values))
  compareAll('first', values => values[0] ?? Number.NaN)
  const gaps = [...read].map(([name, values]) => {
    const other = name.startsWith('denoiser.') ? read.get(name.replace('denoiser.', 'ema.module.')) : undefined
    return other === undefined ? 0 : Math.max(...values.map((value, i) => Math.abs(value - (other[i] as number))))
  })
  const gap = { found: Math.max(0, ...gaps), expected: c.raw_vs_ema_max_abs_diff, tolerance: { absolute: 1e-9 } }
  report.compare(c.file, 'last step against average', gap)

  const others: string[] = []
  for (const [key, wanted] of Object.entries(c.must_read)) {
    const own = facts.get(key) ?? read.get(key)?.[0]
    if (own === undefined || typeof wanted !== 'number') others.push(key)
    else exactly(key, own, wanted)
  }
  for (const key of ['global_step', 'epoch']) if (others.includes(key)) exactly(key, Number.NaN, 0)
  if (others.length > 0) report.skip(c.file, others.join(', '), 'an import takes weights and the step, nothing else')
}

// ---- outputs -------------------------------------------------------------------------------------------------------

type Values = Readonly<Record<string, tf.Tensor>>

async function checkOutputs(fixture: Fixture, c: GoodFile, report: Report): Promise<void> {
  const expected = openTensors(fixture, c.expected_outputs)
  const networks = networksOf(c, fixture.file)
  const [denoiser, encoder] = [
    buildDenoiser(networks.denoiser.choice, networks.denoiser.context),
    buildEncoder(networks.encoder.choice, networks.encoder.context),
  ]
  const classes = c.denoiser_config.label_dim
  const folder = mkdtempSync(join(tmpdir(), 'mixflow-verify-'))
  try {
    const run = join(folder, 'run')
    const { image } = networks.denoiser.context
    const labels = classes > 0 ? { count: classes } : null
    const imported = await importCheckpoint({
      ...{ file: fileBeside(fixture, c.file), out: run, config: networks.config, image, labels },
    })
    const place = join(checkpointsFolder(run), `step-${String(imported.step).padStart(9, '0')}`)
    for (const [role, key] of [
      ['weights', 'denoiser'],
      ['ema', 'ema.module'],
    ] as const) {
      const weights = new TensorFile(join(place, `${role}.safetensors`))
      tf.tidy(() => {
        const compare = (quantity: string, found: tf.Tensor) =>
          report.compare(`${c.file}, ${role}`, quantity, {
            ...{ found: numbersOf(nchw(found)), expected: expected.float32(quantity), tolerance: tolerances.output },
          })
        const load = (prefix: string, parameters: readonly ParameterSpec[]): Values =>
          Object.fromEntries(parameters.map(({ name }) => [name, tensorOf(weights, `${prefix}.${name}`)]))
        const velocity = denoiser.apply(
          load('denoiser', denoiser.parameters),
          imagesOf(expected, 'input.x'),
          tensorOf(expected, 'input.t') as tf.Tensor1D,
          {
            ...(classes > 0 ? { label: labelsOf(expected, 'input.labels_int') } : {}),
            ...(c.denoiser_config.activate_w_mode
              ? { mixtureWeight: tensorOf(expected, 'input.w') as tf.Tensor1D }
              : {}),
          },
        )
        compare(`output.velocity.${key}`, velocity)
        const output = encoder.apply(load('encoder', encoder.parameters), imagesOf(expected, 'input.encoder_x'))
        const [mean, logVariance] =
          networks.encoder.gaussian === 'mean' ? [output] : (tf.split(output, 2, 3) as [tf.Tensor, tf.Tensor])
        compare('output.encoder.mean', mean as tf.Tensor)
        if (logVariance !== undefined) compare('output.encoder.log_var', logVariance)
      })
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  expected.listUnread(report, 'it is no input or output that is known')
}

/** As `mixflow import` has them, from a preset and its changes. */
function networksOf(c: GoodFile, file: string) {
  const denoiser = songUnetOf(c.denoiser_config, `${file}: ${basename(c.file)}: denoiser_config`)
  const encoder = encoderOf(
    {
      ...{
        ...c.encoder_config,
        gaussian: true,
        normalize_output: false,
        sample_size: c.denoiser_config.img_resolution,
      },
      in_channels: c.denoiser_config.in_channels * (c.encoder_config.input_mode === 'sample_and_noise' ? 2 : 1),
      ...{ out_channels: c.denoiser_config.out_channels, mid_block_type: null, skip_connection: false },
      ...{ class_encoder: false, num_classes: null },
    },
    `${file}: ${basename(c.file)}: encoder_config`,
  )
  const { config } = presets.cifar10
  const source = {
    ...(config.source as NonNullable<TrainingConfig['source']>),
    ...{ kappa: encoder.kappa, gaussian: encoder.gaussian, conditionOnWeight: c.denoiser_config.activate_w_mode },
  }
  return {
    denoiser,
    encoder,
    config: {
      ...{ ...config, source, labels: c.denoiser_config.label_dim > 0 },
      ...{ denoiser: denoiser.choice, encoder: encoder.choice },
    } as TrainingConfig,
  }
}
