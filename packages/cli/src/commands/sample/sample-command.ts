/** `mixflow sample`: images of an exported model, as a grid, a folder or an archive. */

import { join } from 'node:path'
import { MixflowError, type SampleRequest, type SampleResult } from '@mixflow/core'
import { defined, resolveLabel, resolveRequest } from '@mixflow/core/internal'
import { interruptible } from '../../terminal/signals.ts'
import { statusLine } from '../../terminal/status-line.ts'
import { linesText, percentText, print } from '../../terminal/text.ts'
import { loadShown, type ModelFlags, refuseRun } from '../load-model.ts'
import { recordFileName } from './folder-sink.ts'
import { chooseOutput, openSink, type SampleOutput } from './sample-output.ts'
import { readSampleRecord, type SampleSink, sampleRecord } from './sink.ts'

export interface SampleFlags extends ModelFlags {
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
  readonly out?: string
  readonly columns?: number
  readonly resume?: boolean
}

export const sampleCommand = (source: string, flags: SampleFlags): Promise<void> =>
  interruptible(async signal => {
    const { count, resume = false, batchSize = 64, workers = 1, columns } = flags
    const output = await chooseOutput(flags.out, count)
    if (resume && output.kind === 'grid') {
      throw new MixflowError('ARGUMENT_INVALID', `--resume does not support a single-grid PNG (${output.path})`, {
        hint: 'leave out --resume, or write a folder, .npz or .zip: --out samples.npz',
      })
    }
    refuseRun(source, 'sample')
    await using model = await loadShown(source, flags, signal)
    const { manifest } = model
    const { nfe, steps, gridPower, tolerance, solver, guidance, mixtureWeight } = flags
    const options = {
      ...defined({ nfe, steps, gridPower, tolerance, solver, guidance, mixtureWeight }),
      ...(flags.label === undefined ? {} : { label: resolveLabel(flags.label, manifest.labels) }),
    }
    // --resume without --seed uses that of the earlier call
    const seed = flags.seed ?? (resume ? (await readSampleRecord(recordPath(output)))?.seed : undefined)
    const resolved = resolveRequest({ ...(options as SampleRequest), count, ...defined({ seed }) }, manifest)
    const { encodePng } = await import('@mixflow/sdk-node')
    const record = sampleRecord(manifest, { seed: resolved.seed, count, request: options })
    const { image } = manifest
    await using sink = await openSink(output, { record, image, labels: resolved.labels, resume, columns, encodePng })
    using status = statusLine()
    const cost = await sampleInto(sink, {
      model,
      request: { ...(options as SampleRequest), seed: resolved.seed, signal },
      count,
      batchSize,
      workers,
      onProgress: fraction => status.show(`sample ${count} images: ${percentText(fraction)}`),
    })
    status.clear()
    const written = await sink.finish()
    print(linesText([summary(cost, { resolved, count, kept: sink.kept }), written]))
  })

const recordPath = ({ path, kind }: SampleOutput): string =>
  kind === 'folder' ? join(path, recordFileName) : `${path}.part.json`

export interface SamplingCost {
  /** Sampled in this call. */
  readonly images: number
  /** Per image. */
  readonly nfe: number
  readonly networkCalls: number
  readonly steps: number
  readonly milliseconds: number
}

export interface SamplingWork {
  readonly model: { sample(request: SampleRequest): Promise<SampleResult> }
  /** With a seed, without `count` and `firstImage`. */
  readonly request: SampleRequest
  readonly count: number
  readonly batchSize: number
  /** Concurrent batches. */
  readonly workers: number
  readonly onProgress: (fraction: number) => void
}

/** Samples what the sink does not have yet; holds one batch per worker in memory. */
export async function sampleInto(
  sink: SampleSink,
  { model, request, count, batchSize, workers, onProgress }: SamplingWork,
): Promise<SamplingCost> {
  const cost = { images: 0, nfe: 0, networkCalls: 0, steps: 0, milliseconds: 0 }
  // batches always start at the same images, because the steps of an adaptive solver depend on the whole batch
  const start = Math.floor(sink.kept / batchSize) * batchSize
  const stride = batchSize * workers
  for (let firstImage = start; firstImage < count && sink.kept < count; firstImage += stride) {
    const images = Math.min(stride, count - firstImage)
    const result = await model.sample({
      ...request,
      firstImage,
      count: images,
      batchSize,
      onStep: ({ fraction }) => onProgress((firstImage + images * fraction) / count),
    })
    await sink.add(result.images.filter(({ index }) => index >= sink.kept))
    cost.images += images
    cost.nfe += images * result.nfe
    cost.networkCalls += images * result.networkCalls
    cost.steps += images * result.steps
    cost.milliseconds += result.milliseconds
  }
  const mean = (sum: number) => (cost.images === 0 ? 0 : sum / cost.images)
  return { ...cost, nfe: mean(cost.nfe), networkCalls: mean(cost.networkCalls), steps: mean(cost.steps) }
}

interface Sampled {
  readonly resolved: ReturnType<typeof resolveRequest>
  readonly count: number
  readonly kept: number
}

function summary(cost: SamplingCost, { resolved, count, kept }: Sampled): string {
  const { guidance, solver, seed } = resolved
  const what = `${counted(count, 'image')}${kept === 0 ? '' : ` (${round(kept)} from an earlier call)`}`
  if (cost.images === 0) return `${what}, seed ${seed}`
  const how = `${counted(cost.steps, 'step')} of ${solver}${guidance > 0 ? `, ${round(cost.networkCalls)} network calls with guidance ${guidance}` : ''}`
  return `${what} at ${round(cost.nfe)} NFE (${how}), ${round(cost.milliseconds / cost.images)} ms each, seed ${seed}`
}

const counted = (count: number, what: string) => `${round(count)} ${what}${count === 1 ? '' : 's'}`

const round = (value: number) => String(Number(value.toPrecision(3)))
