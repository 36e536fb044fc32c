/**
 * The record of one run of an experiment, a JSON file with its configuration, machine, times, losses and measures. Tables and charts are
 * made from these files alone, so runs may be distributed over several sessions and machines. It has no paths of a machine.
 */

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { MixflowError } from '@mixflow/core'
import { readRegularText } from '@mixflow/files'
import { storedConfig } from '@mixflow/train'
import type { TrainingConfig } from '@mixflow/zoo'
import { z } from 'zod'
import { fewStepMethods } from './few-step.ts'

const number = z.number()
const count = z.int().min(0)

const schema = z.strictObject({
  format: z.literal('mixflow-experiment-run'),
  version: z.literal(1),
  experiment: z.literal('few-step'),
  method: z.enum(fewStepMethods),
  seed: count,
  /** Settings that differ from the preset. */
  changes: z.array(z.string()),
  preset: z.string(),
  data: z.strictObject({ name: z.string(), images: count, fingerprint: z.string() }),
  config: z.unknown().transform(storedConfig),
  parameters: z.strictObject({ denoiser: count, encoder: count }),
  machine: z.strictObject({
    processor: z.string(),
    cores: count,
    threads: count,
    node: z.string(),
    /** A description, where it is not onnx on the CPU. */
    backend: z.string().exactOptional(),
  }),
  training: z.strictObject({
    steps: count,
    imagesSeen: count,
    /** Of training alone, over all sessions. */
    seconds: number,
    /** Means over intervals of equally many steps. */
    losses: z.array(z.strictObject({ imagesSeen: count, flowLoss: number, kl: number })),
  }),
  measures: z.strictObject({
    /** null where parts are from an earlier session. */
    seconds: number.nullable(),
    extractor: z.strictObject({ name: z.string(), sha256: z.string() }),
    images: count,
    seed: count,
    /** Fréchet distances to the training images. */
    distances: z.array(
      z.strictObject({ solver: z.enum(['euler', 'heun']), nfe: count, label: z.string(), distance: number }),
    ),
    curvature: z.strictObject({
      mean: number,
      standardDeviation: number,
      trajectories: count,
      steps: count,
      byTime: z.array(z.strictObject({ from: number, to: number, value: number })),
    }),
  }),
})

export type ExperimentRun = Omit<z.output<typeof schema>, 'config'> & { readonly config: TrainingConfig }

/** Everything that determines a result, except the machine. */
export type RunIdentity = Pick<ExperimentRun, 'method' | 'seed' | 'changes' | 'preset' | 'data' | 'config'> & {
  readonly measures: Pick<ExperimentRun['measures'], 'extractor' | 'images' | 'seed'> & {
    readonly settings: readonly { readonly solver: string; readonly nfe: number }[]
    readonly trajectories: { readonly count: number; readonly steps: number }
  }
}

export function identityOf({ method, seed, changes, preset, data, config, measures }: ExperimentRun): RunIdentity {
  const { extractor, images, distances, curvature } = measures
  const settings = distances.map(({ solver, nfe }) => ({ solver, nfe }))
  const trajectories = { count: curvature.trajectories, steps: curvature.steps }
  return {
    ...{ method, seed, changes, preset, data, config },
    measures: { extractor, images, seed: measures.seed, settings, trajectories },
  }
}

/** Settings that do not change the trained parameters. */
const irrelevant: readonly string[] = [
  'data',
  'imagesAtOnce',
  'sampling',
  'sampleEveryImages',
  'checkpointEveryImages',
  'keepCheckpoints',
] satisfies (keyof TrainingConfig)[]

/** The settings that determine the trained parameters; the data is identified by its fingerprint. */
export const relevantConfig = (config: TrainingConfig): Partial<TrainingConfig> =>
  Object.fromEntries(Object.entries(config).filter(([key]) => !irrelevant.includes(key)))

export const isSameRun = (a: RunIdentity, b: RunIdentity): boolean =>
  isDeepStrictEqual({ ...a, config: relevantConfig(a.config) }, { ...b, config: relevantConfig(b.config) })

/** @throws MixflowError ARGUMENT_INVALID for an invalid record, CONFIG_* for unknown settings */
export function parseExperimentRun(text: string, path: string): ExperimentRun {
  try {
    return schema.parse(JSON.parse(text)) as ExperimentRun
  } catch (cause) {
    if (MixflowError.is(cause)) throw cause
    const issue = cause instanceof z.ZodError ? cause.issues[0] : undefined
    const where = issue === undefined ? '' : `: ${issue.path.join('.')}: ${issue.message}`
    throw new MixflowError('ARGUMENT_INVALID', `${path} is not the record of a run${where}`, {
      hint: 'move it away to repeat the run',
      details: { path },
      cause,
    })
  }
}

export const experimentRunText = (run: ExperimentRun): string => `${JSON.stringify(run, null, 2)}\n`

/** null where there is no file. @throws as `parseExperimentRun` */
export async function readExperimentRun(path: string): Promise<ExperimentRun | null> {
  const text = await readRegularText(path).catch(error => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  })
  return text === null ? null : parseExperimentRun(text, path)
}

/** All records in a folder and its sub-folders, by name. @throws as `parseExperimentRun` */
export async function readExperimentRuns(folder: string): Promise<ExperimentRun[]> {
  const names = await readdir(folder, { recursive: true }).catch(() => [])
  const paths = names.filter(name => name.endsWith('.json') && !/(^|[/\\])\./.test(name)).sort()
  const runs = await Promise.all(paths.map(name => readExperimentRun(join(folder, name))))
  return runs.filter(run => run !== null)
}
