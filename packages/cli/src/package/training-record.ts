/**
 * `training.json` of a package: how the model was trained. The whole configuration, where, and its losses, in stretches; those of the
 * first steps singly, for whoever trains it anew to compare with.
 */

import { type RunRecord, readMetrics, readRun } from '@mixflow/train'
import { stretches } from '../experiment/do-run.ts'

export const trainingFile = 'training.json'

const mostStretches = 200
const firstSteps = 100

export interface TrainingRecord extends RunRecord {
  readonly losses: ReturnType<typeof stretches>
  /** Of the first 100 steps. */
  readonly firstLosses: readonly number[]
}

export async function trainingRecord(run: string): Promise<TrainingRecord> {
  const { config, command, ...record } = await readRun(run)
  const metrics = await readMetrics(run)
  return {
    ...record,
    command: withoutPlace(command),
    config: { ...config, data: nameOf(config.data) },
    losses: stretches(metrics, mostStretches),
    firstLosses: metrics.filter(({ step }) => step <= firstSteps).map(({ loss }) => loss),
  }
}

/** Of a named data set, without where its files lay. */
const nameOf = (data: string): string => data.replace(/^([a-z0-9-]{2,}):.*$/s, '$1')

/** The command as it is for whoever has the data where `mixflow` itself would put them. */
export const withoutPlace = (command: string): string =>
  command.replace(/(--data[ =])(?:'([a-z0-9-]{2,}):[^']*'|([a-z0-9-]{2,}):\S+)/, '$1$2$3')

/** undefined of a run that does not say. */
export const machineWords = ({ machine }: TrainingRecord): string | undefined =>
  machine && `${machine.processor}, ${machine.cores === 1 ? '1 core' : `${machine.cores} cores`}`
