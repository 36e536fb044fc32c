/** `mixflow train`: opens the data, trains with progress, and prints the commands to run next. */

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  backendInUse,
  type Dataset,
  dataReport,
  dataReportLines,
  describeData,
  estimateRun,
  formatBytes,
  formatCount,
  formatDuration,
  formatNumber,
  latestCheckpoint,
  lengthChange,
  nextCommands,
  type ProgressDisplay,
  progressDisplay,
  readRun,
  runFiles,
  storedConfig,
  type TrainResult,
  train,
} from '@mixflow/train'
import { type Preset, presets } from '@mixflow/zoo'
import { UsageError } from '../../terminal/errors.ts'
import { interruptible } from '../../terminal/signals.ts'
import { jsonText, linesText, print, table } from '../../terminal/text.ts'
import { commandLine, programName } from '../../terminal/this-program.ts'
import { badImageOptions, openDataOrList } from '../open-data.ts'
import { type BackendFlags, requestedBackend, startBackend } from '../start-backend.ts'
import { fitRun, planRun, type RunPlan, type RunRequest } from './plan-run.ts'

export interface TrainFlags extends Omit<RunRequest, 'target' | 'resume'>, BackendFlags {
  /** Same as the argument. */
  readonly preset?: string
  readonly resume?: boolean
  readonly threads?: number
  readonly dryRun?: boolean
  readonly list?: boolean
  readonly json?: boolean
}

export async function trainCommand(argument: string | undefined, flags: TrainFlags): Promise<void> {
  const { list = false, json = false, resume = false, threads, preset } = flags
  if (argument !== undefined && preset !== undefined) {
    throw new UsageError(`two presets: ${argument} and --preset ${preset}`, 'leave one of them out')
  }
  if (list) return print(await presetList(json))
  if (json && !flags.dryRun) throw new UsageError('--json requires --dry-run or --list')
  const backend = requestedBackend(flags)
  const opened = await planRun({ ...flags, target: argument ?? preset, resume })
  const stream = json ? process.stderr : process.stdout
  const display = progressDisplay(stream)
  const note = (text: string) => display.show({ type: 'note', text })
  const onInterrupt = () => {
    note('stopping after this step; press Ctrl-C again to quit at once')
    if (stream.isTTY) stream.write(showCursor) // nothing can, after the second
  }
  try {
    await interruptible(async signal => {
      const used = await startBackend({ ...(backend ?? opened.backend), threads })
      if (used.note !== undefined) note(used.note)
      const data = await openPlanned(opened, { display, signal })
      const { plan, seconds } = await fitRun(opened, {
        data,
        signal,
        onNote: note,
        onMeasure: () => display.show({ type: 'phase', text: 'measuring a few steps to plan the run' }),
      })
      if (flags.dryRun) {
        display.show({ type: 'phase', text: 'measuring a few steps' })
        const text = await dryRun(plan, data, { json, signal })
        display.close()
        return print(text)
      }
      const { leftOut = [], bad = [] } = data.files ?? {}
      if (leftOut.length + bad.length > 0) note(`skipped files are listed in ${join(plan.folder, runFiles.data)}`)
      await trainPlanned(plan, data, { display, signal, seconds })
    }, onInterrupt)
  } finally {
    display.close()
  }
}

const showCursor = '\u001b[?25h'

async function presetList(json: boolean): Promise<string> {
  const data = new Map((await describeData()).map(set => [set.name as string, set]))
  const rows = Object.entries(presets as Record<string, Preset>).map(([name, { title, config }]) => {
    const size = config.size ?? data.get(config.data)?.height ?? null
    return { name, title, data: config.data, size, totalImages: config.totalImages }
  })
  if (json) return jsonText(rows)
  const cells = rows.map(({ name, title, data, size, totalImages }) => [
    name,
    data === '' ? '--data' : data,
    size === null ? '' : `${size}×${size}`,
    formatCount(totalImages),
    title,
  ])
  return table([['preset', 'data', 'size', 'images seen', ''], ...cells], { right: [3] }).join('\n')
}

interface Watched {
  readonly display: ProgressDisplay
  readonly signal: AbortSignal
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

async function trainPlanned(
  { backend: _, ...plan }: RunPlan,
  data: Dataset,
  { display, signal, seconds }: Watched & { readonly seconds: number | undefined },
): Promise<void> {
  const result = await train({
    command: commandLine(),
    ...plan,
    data,
    program: programName(),
    signal,
    seconds,
    onEvent: event => {
      // the reason of a failure is printed once, as the error of the command
      if (event.type !== 'end' || event.reason === undefined) return display.show(event)
      const { reason, ...rest } = event
      display.show(rest)
    },
  })
  display.close()
  print(await closingText(plan, data, result))
}

/** The last sample grid and the commands to run next. */
async function closingText({ preset, folder }: RunPlan, data: Dataset, { outcome }: TrainResult): Promise<string> {
  const { config } = await readRun(folder) // its length may have been adjusted
  const labels = config.labels && data.classNames ? { count: data.classNames.length, names: data.classNames } : null
  const commands = nextCommands({ program: programName(), preset, folder, state: outcome, config, labels })
  const shown = outcome === 'finished' ? commands : commands.slice(0, 1)
  const samples = join(folder, runFiles.samples)
  const grids = (await readdir(samples).catch(() => [])).filter(name => /^\d+\.png$/.test(name)).sort()
  return linesText([
    ...grids.slice(-1).map(name => `samples     ${join(samples, name)}`),
    ...shown.flatMap(({ title, command }) => ['', title, `  ${command}`]),
  ])
}

async function dryRun(
  { preset, config, folder, resume }: RunPlan,
  data: Dataset,
  { json, signal }: { readonly json: boolean; readonly signal: AbortSignal },
): Promise<string> {
  const from = resume ? (await latestCheckpoint(folder))?.record : undefined
  const startImages = from?.imagesSeen ?? 0
  const change = from === undefined ? null : lengthChange(storedConfig(from.config), config, startImages)
  const estimate = await estimateRun({ config, data, startImages, signal })
  const { name, count, channels, height, width, classNames } = data
  const dataset = { name, images: count, channels, height, width, classes: classNames?.length ?? null }
  if (json) return jsonText({ preset, folder, resume, startImages, dataset, ...estimate, config })

  const { parameters, imagesPerSecond, measuredSteps, rounds, busy } = estimate
  const { totalSeconds, gridSeconds, peakMemoryBytes } = estimate
  const { batchSize, denoiser, encoder } = config
  const left = Math.max(0, config.totalImages - startImages)
  const steps = `${formatCount(Math.ceil(left / batchSize))} steps of ${batchSize}`
  const busyNote = busy
    ? `; measured twice (${rounds.map(formatNumber).join(' and ')}) while other programs were running; faster on an idle machine`
    : ''
  const network = (kind: string, size: number) => `${kind}, ${formatCount(size)} parameters`
  const classes = classNames === null ? 'no classes' : `${classNames.length} classes`
  const others = await readdir(folder).catch(() => [])
  const emptiness = others.length === 0 ? 'new' : 'exists, without a config.json of a run'
  return [
    ...table([
      ['preset', preset ?? '(none)'],
      ['folder', `${folder} (${resume ? `resumes after ${formatCount(startImages)} images` : emptiness})`],
      ['data', `${formatCount(count)} images of ${name}, ${channels}×${height}×${width}, ${classes}`],
      ['denoiser', network(denoiser.kind, parameters.denoiser)],
      ['encoder', encoder === null ? 'none' : network(encoder.kind, parameters.encoder)],
      ['length', `${formatCount(left)} images: ${steps}, ${formatNumber(left / count)} epochs`],
      ...(change === null ? [] : [['', change]]),
      [
        'speed',
        `${formatNumber(imagesPerSecond)} images/s, best of ${measuredSteps} steps on ${backendInUse().text}${busyNote}`,
      ],
      ['time', `${formatDuration(totalSeconds)}, including sample grids of ${formatDuration(gridSeconds)} each`],
      ['memory', `${formatBytes(peakMemoryBytes)} peak`],
    ]),
    '',
    'settings (change with --set key=value):',
    jsonText(config),
  ].join('\n')
}
