/** `mixflow sample`: pictures of an exported model, as one PNG or many, or as an archive. */

import { join } from 'node:path'
import { MixflowError, type SampleRequest } from '@mixflow/core'
import { defined, resolveLabel, resolveRequest } from '@mixflow/core/internal'
import { refuseRun } from '../refuse-run.ts'
import { interruptible } from '../terminal/interruptible.ts'
import { linesText } from '../terminal/lines.ts'
import { statusLine } from '../terminal/status-line.ts'
import { recordFileName } from './folder-sink.ts'
import { type SamplingCost, sampleInto } from './sample-into.ts'
import { chooseOutput, openSink, type SampleOutput } from './sample-output.ts'
import { readSampleRecord, sampleRecord } from './sample-record.ts'

export interface SampleFlags {
  readonly count: number
  readonly nfe?: number
  readonly steps?: number
  readonly gridPower?: number
  readonly tolerance?: number
  readonly solver?: string
  readonly seed?: number
  readonly label?: string
  readonly guidance?: number
  readonly mixtureWeight?: number
  readonly batchSize?: number
  readonly workers?: number
  readonly device?: string
  readonly dtype?: string
  readonly out?: string
  readonly columns?: number
  readonly resume?: boolean
}

export const sampleCommand = (place: string, flags: SampleFlags): Promise<void> =>
  interruptible(async signal => {
    const output = await chooseOutput(flags.out, flags.count)
    if (flags.resume && output.kind === 'grid') throw gridResumed(output.path)
    refuseRun(place, 'sample')
    const { encodePng, loadModel } = await import('@mixflow/sdk-node')
    const status = statusLine()
    const { device, dtype, workers, nfe, steps, gridPower, tolerance, solver, guidance, mixtureWeight } = flags
    try {
      await using model = await loadModel(place, {
        ...(defined({ device, dtype, workers }) as Pick<LoadOptions, 'device' | 'dtype' | 'workers'>),
        signal,
        onProgress: ({ phase, fraction }) => status.show(`load the model: ${phase} ${percent(fraction)}`),
      })
      const asked = defined({ nfe, steps, gridPower, tolerance, solver, guidance, mixtureWeight })
      const label = flags.label === undefined ? {} : { label: resolveLabel(flags.label, model.manifest.labels) }
      const seed = flags.seed ?? (flags.resume ? await seedOf(output) : undefined)
      const resolved = resolveRequest(
        { ...(asked as SampleRequest), ...label, count: flags.count, ...(seed === undefined ? {} : { seed }) },
        model.manifest,
      )
      const record = sampleRecord({
        ...{ manifest: model.manifest, seed: resolved.seed, count: flags.count, request: { ...asked, ...label } },
      })
      await using sink = await openSink(output, {
        ...{ record, image: model.manifest.image, labels: resolved.labels, resume: flags.resume === true },
        ...{ columns: flags.columns, encodePng },
      })
      const cost = await sampleInto(sink, {
        model,
        request: { ...(asked as SampleRequest), ...label, seed: resolved.seed, signal },
        count: flags.count,
        batchSize: flags.batchSize ?? 64,
        workers: workers ?? 1,
        onProgress: fraction => status.show(`sample ${flags.count} images: ${percent(fraction)}`),
      })
      status.clear()
      const written = await sink.finish()
      process.stdout.write(
        `${linesText([sentence(cost, { resolved, count: flags.count, kept: sink.kept }), written])}\n`,
      )
    } finally {
      status.clear()
    }
  })

interface Told {
  readonly resolved: ReturnType<typeof resolveRequest>
  readonly count: number
  readonly kept: number
}

const gridResumed = (path: string): MixflowError =>
  new MixflowError('ARGUMENT_INVALID', `${path} is one picture of all, which cannot be gone on with`, {
    hint: 'leave --resume out, or give a folder, an .npz or a .zip: --out samples.npz',
  })

/** What was done, for people. */
function sentence(cost: SamplingCost, { resolved, count, kept }: Told): string {
  const before = kept === 0 ? '' : ` (${round(kept)} of them from before)`
  const what = `${counted(count, 'image')}${before}`
  if (cost.images === 0) return `${what}, seed ${resolved.seed}`
  const { guidance, solver } = resolved
  const how = `${counted(cost.steps, 'step')} of ${solver}${guidance > 0 ? `, twice for guidance ${guidance}` : ''}`
  return `${what} at ${round(cost.nfe)} NFE (${how}), ${round(cost.milliseconds / cost.images)} ms each, seed ${resolved.seed}`
}

/** To go on means with the seed of before, unless another is named. */
const seedOf = async ({ path, kind }: SampleOutput): Promise<number | undefined> =>
  (await readSampleRecord(kind === 'folder' ? join(path, recordFileName) : `${path}.part.json`))?.seed

type LoadOptions = NonNullable<Parameters<typeof import('@mixflow/sdk-node').loadModel>[1]>

const counted = (count: number, what: string) => `${round(count)} ${what}${count === 1 ? '' : 's'}`

const percent = (fraction: number) => `${Math.floor(100 * fraction)} %`

const round = (value: number) => String(Number(value.toPrecision(3)))
