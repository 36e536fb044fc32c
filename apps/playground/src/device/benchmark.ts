/** Measures how fast a model loads and samples on each device. */
import type { ModelPackage } from '@mixflow/core'
import { loadModel } from '@mixflow/sdk-web'
import type { TaskContext } from '../parts/use-task.ts'

type Device = 'webgpu' | 'wasm'

export interface Measured {
  readonly device: Device
  readonly dtype: string
  readonly model: string
  /** Time to load the model, possibly from the cache, in milliseconds. */
  readonly loading: number
  /** Time of the first image, including warm-up, in milliseconds. */
  readonly first: number
  readonly batches: readonly {
    readonly images: number
    /** Median over the repeats, for the whole batch. */
    readonly milliseconds: number
  }[]
}

export interface BenchmarkRequest {
  readonly from: () => URL | ModelPackage
  readonly devices: readonly Device[]
}

export interface Benchmark {
  readonly measured: readonly Measured[]
  /** What is being measured. */
  readonly stage: string
}

export const notMeasured: Benchmark = { measured: [], stage: '' }

export const benchmarkNfe = 5
export const batchSizes = [1, 16]
const repeats = 5

export async function benchmark(request: BenchmarkRequest, { signal, update }: TaskContext<Benchmark>): Promise<void> {
  update(notMeasured)
  const from = request.from()
  const measured: Measured[] = []
  for (const device of request.devices) {
    measured.push(await measureDevice(from, device, { signal, onStage: stage => update({ stage }) }))
    update({ measured: [...measured] })
  }
  update({ stage: '' })
}

interface MeasureOptions {
  readonly signal: AbortSignal
  readonly onStage: (stage: string) => void
}

async function measureDevice(
  from: URL | ModelPackage,
  device: Device,
  { signal, onStage }: MeasureOptions,
): Promise<Measured> {
  onStage(`${device}: loading`)
  const start = performance.now()
  const model = await loadModel(from, { device, signal })
  try {
    const loading = performance.now() - start
    const { labels, dtype } = model.capabilities()
    const sample = async (images: number) => {
      const options = { count: images, batchSize: images, seed: 0, solver: 'euler', nfe: benchmarkNfe, signal } as const
      return (await model.sample({ ...options, ...(labels !== null && { guidance: 0 }) })).milliseconds
    }
    onStage(`${device}: first image`)
    const first = await sample(1)
    const batches: Measured['batches'][number][] = []
    for (const images of batchSizes) {
      await sample(images) // warms up this batch size
      const times: number[] = []
      for (let i = 0; i < repeats; i++) {
        onStage(`${device}: batch of ${images}, run ${i + 1} of ${repeats}`)
        times.push(await sample(images))
      }
      batches.push({ images, milliseconds: times.sort((a, b) => a - b)[Math.floor(repeats / 2)]! })
    }
    return { device, dtype, model: model.manifest.name, loading, first, batches }
  } finally {
    await model.dispose()
  }
}

export const benchmarkTitles = [
  'Device',
  'Load',
  'First image',
  ...batchSizes.map(size => `Batch of ${size}, per image`),
]

export const benchmarkRow = ({ device, dtype, loading, first, batches }: Measured): readonly string[] => [
  `${device} (${dtype})`,
  formatTime(loading),
  formatTime(first),
  ...batches.map(({ images, milliseconds }) => formatTime(milliseconds / images)),
]

/** Returns Markdown for an issue. */
export const benchmarkTable = (all: readonly Measured[]): string =>
  [benchmarkTitles, benchmarkTitles.map(() => '---'), ...all.map(benchmarkRow)]
    .map(cells => `| ${cells.join(' | ')} |`)
    .join('\n')

const formatTime = (value: number): string => `${value >= 100 ? Math.round(value) : value.toFixed(1)} ms`
