/**
 * `training.json` of a package: how the model was trained. The configuration, the machine, and the losses as means over intervals; the
 * losses of the first steps are listed one by one, to compare with when the training is repeated.
 */

import { type MetricsLine, type RunRecord, readMetrics, readRun } from '@mixflow/train'

export const trainingFile = 'training.json'

const maxIntervals = 200
const firstSteps = 100

export interface TrainingRecord extends RunRecord {
  readonly losses: ReturnType<typeof meanLosses>
  /** Of the first 100 steps. */
  readonly firstLosses: readonly number[]
}

export async function trainingRecord(run: string): Promise<TrainingRecord> {
  const { config, command, ...record } = await readRun(run)
  const metrics = await readMetrics(run)
  return {
    ...record,
    command: withoutDataPath(command),
    // a built-in data set without the folder of its files
    config: { ...config, data: config.data.replace(/^([a-z0-9-]{2,}):.*$/s, '$1') },
    losses: meanLosses(metrics, maxIntervals),
    firstLosses: metrics.filter(({ step }) => step <= firstSteps).map(({ loss }) => loss),
  }
}

/** Replaces `--data mnist:<folder>` by `--data mnist`. */
export const withoutDataPath = (command: string): string =>
  command.replace(/(--data[ =])(?:'([a-z0-9-]{2,}):[^']*'|([a-z0-9-]{2,}):\S+)/, '$1$2$3')

/** undefined where the run does not record it. */
export const machineText = ({ machine }: TrainingRecord): string | undefined =>
  machine && `${machine.processor}, ${machine.cores === 1 ? '1 core' : `${machine.cores} cores`}`

/** Mean losses over intervals of equally many steps. */
export function meanLosses(lines: readonly MetricsLine[], intervals: number) {
  const length = Math.ceil(lines.length / intervals)
  const starts = Array.from({ length: Math.ceil(lines.length / (length || 1)) }, (_, i) => i * length)
  return starts.map(start => {
    const part = lines.slice(start, start + length)
    const mean = (of: (line: MetricsLine) => number) => part.reduce((sum, line) => sum + of(line), 0) / part.length
    return { imagesSeen: part.at(-1)!.imagesSeen, flowLoss: mean(line => line.flowLoss), kl: mean(line => line.kl) }
  })
}
