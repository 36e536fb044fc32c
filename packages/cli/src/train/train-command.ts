/** `mixflow train`: opens the data, trains with progress, and says what to do with the result. */

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { checkWord, shellWord } from '@mixflow/core/internal'
import {
  backendNames,
  type Dataset,
  dataReport,
  dataReportLines,
  deviceNames,
  nextCommands,
  type ProgressDisplay,
  progressDisplay,
  readRun,
  runFiles,
  type TrainResult,
  train,
} from '@mixflow/train'
import { badImageOptions, openDataOrList } from '../data/open-data-or-list.ts'
import { startBackend } from '../start-backend.ts'
import { interruptible } from '../terminal/interruptible.ts'
import { linesText } from '../terminal/lines.ts'
import { programName } from '../terminal/program-name.ts'
import { UsageError } from '../terminal/usage-error.ts'
import { dryRun } from './dry-run.ts'
import { fitRun } from './fit-run.ts'
import { listPresets } from './list-presets.ts'
import { type Place, planRun, type RunPlan } from './plan-run.ts'

export interface TrainFlags {
  /** The same as the argument. */
  readonly preset?: string
  readonly data?: string
  readonly method?: string
  readonly set: readonly string[]
  readonly size?: number
  readonly badImages?: string
  /** A share, 0..1. */
  readonly badImagesLimit?: number
  readonly hours?: number
  readonly minutes?: number
  readonly out?: string
  readonly runs: string
  readonly resume?: boolean
  readonly backend?: string
  readonly device?: string
  readonly threads?: number
  readonly dryRun?: boolean
  readonly list?: boolean
  readonly json?: boolean
}

export async function trainCommand(argument: string | undefined, flags: TrainFlags): Promise<void> {
  const { list = false, json = false, resume = false, threads, preset } = flags
  if (argument !== undefined && preset !== undefined) {
    throw new UsageError(
      `is it ${argument} or ${preset}?`,
      'leave one of them out: --preset is the same as the argument',
    )
  }
  const target = argument ?? preset
  if (list) return print(await listPresets({ json }))
  if (json && !flags.dryRun) throw new UsageError('--json goes with --dry-run or --list')
  const asked = placeOf(flags)
  const opened = await planRun({ target, ...flags, resume })
  const stream = json ? process.stderr : process.stdout
  const display = progressDisplay(stream)
  const finishing = () => {
    display.show({ type: 'note', text: 'ending after this step; once more to quit at once' })
    if (stream.isTTY) stream.write(showCursor) // nobody can, once it is quit
  }
  try {
    await interruptible(async signal => {
      const { note } = await startBackend({ ...(asked ?? opened.place), threads })
      if (note !== undefined) display.show({ type: 'note', text: note })
      const data = await openPlanned(opened, { display, signal })
      const { plan, seconds } = await fitRun(opened, {
        data,
        signal,
        onNote: text => display.show({ type: 'note', text }),
        onMeasure: () => display.show({ type: 'phase', text: 'measuring a few steps, to plan the run' }),
      })
      if (flags.dryRun) {
        display.show({ type: 'phase', text: 'measuring a few steps' })
        const text = await dryRun(plan, data, { json, signal })
        display.close()
        return print(text)
      }
      const { leftOut = [], bad = [] } = data.files ?? {}
      if (leftOut.length + bad.length > 0) {
        display.show({ type: 'note', text: `all that is left out is listed in ${join(plan.folder, runFiles.data)}` })
      }
      await trainPlanned(plan, data, { display, signal, seconds })
    }, finishing)
  } finally {
    display.close()
  }
}

const showCursor = '\u001b[?25h'

const print = (text: string): void => void process.stdout.write(`${text}\n`)

/** What a person says of where to train; undefined if nothing. */
function placeOf({ backend, device }: TrainFlags): Place | undefined {
  if (backend === undefined && device === undefined) return undefined
  return {
    backend: checkWord(backend ?? 'onnx', ['auto', ...backendNames], { what: 'backend' }),
    ...(device === undefined ? {} : { device: checkWord(device, ['auto', ...deviceNames], { what: 'device' }) }),
  }
}

interface Watched {
  readonly display: ProgressDisplay
  readonly signal: AbortSignal
  /** Time that a new run may take. */
  readonly seconds?: number | undefined
}

async function openPlanned({ config }: RunPlan, { display, signal }: Watched): Promise<Dataset> {
  const data = await openDataOrList(config.data, {
    size: config.size ?? undefined,
    channels: config.channels ?? undefined,
    limit: config.limit ?? undefined,
    ...badImageOptions(config),
    onProgress: progress => display.show({ type: 'data', progress }),
    signal,
  })
  for (const text of dataReportLines(dataReport(data))) display.show({ type: 'note', text })
  return data
}

async function trainPlanned(plan: RunPlan, data: Dataset, { display, signal, seconds }: Watched): Promise<void> {
  const program = programName()
  const result = await train({
    command: ['mixflow', ...process.argv.slice(2)].map(shellWord).join(' '),
    ...plan,
    data,
    program,
    signal,
    seconds,
    onEvent: event => {
      // why it failed is told once, as the error that ends the command
      if (event.type !== 'end' || event.reason === undefined) return display.show(event)
      const { reason, ...rest } = event
      display.show(rest)
    },
  })
  display.close()
  print(await farewell(plan, data, { program, result }))
}

interface Done {
  readonly program: string
  readonly result: TrainResult
}

/** The last grid, and what to type next. */
async function farewell({ preset, folder }: RunPlan, data: Dataset, { program, result }: Done): Promise<string> {
  const { config } = await readRun(folder) // its length may have been planned again
  const labels = config.labels && data.classNames ? { count: data.classNames.length, names: data.classNames } : null
  const commands = nextCommands({ program, preset, folder, state: result.outcome, config, labels })
  const shown = result.outcome === 'finished' ? commands : commands.slice(0, 1)
  const grid = await lastGrid(folder)
  return linesText([
    ...(grid === null ? [] : [`samples     ${grid}`]),
    ...shown.flatMap(({ title, command }) => ['', title, `  ${command}`]),
  ])
}

async function lastGrid(folder: string): Promise<string | null> {
  const samples = join(folder, runFiles.samples)
  const names = (await readdir(samples).catch(() => [])).filter(name => /^\d+\.png$/.test(name)).sort()
  return names.length === 0 ? null : join(samples, names.at(-1) as string)
}
