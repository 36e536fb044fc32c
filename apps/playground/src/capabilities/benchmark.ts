/** How fast a model samples on each device of this machine: the time until it is there, and of pictures alone and sixteen at once. */
import type { ModelPackage } from '@mixflow/core'
import { loadModel } from '@mixflow/sdk-web'

export interface Measured {
  readonly device: string
  readonly dtype: string
  readonly model: string
  /** Opening it, with files from the cache where they are there, in milliseconds. */
  readonly opening: number
  /** Of the first picture, which warms up. */
  readonly first: number
  readonly batches: readonly {
    readonly images: number
    /** Median, of all images of the batch. */
    readonly milliseconds: number
  }[]
}

export interface BenchmarkOptions {
  readonly signal: AbortSignal
  readonly doing: (what: string) => void
}

/** Euler steps of each measurement: evaluations without a word of the solver's own. */
export const benchmarkNfe = 5
const batches = [1, 16]
const repeats = 5

export async function benchmark(
  from: URL | ModelPackage,
  device: 'webgpu' | 'wasm',
  { signal, doing }: BenchmarkOptions,
): Promise<Measured> {
  doing(`${device}: opening`)
  const begun = performance.now()
  const model = await loadModel(from, { device, signal })
  try {
    const opening = performance.now() - begun
    const { labels, dtype } = model.capabilities()
    const sample = async (images: number) => {
      const { milliseconds } = await model.sample({
        ...{ count: images, batchSize: images, seed: 0, solver: 'euler', nfe: benchmarkNfe, signal },
        ...(labels !== null && { guidance: 0 }),
      })
      return milliseconds
    }
    doing(`${device}: the first picture`)
    const first = await sample(1)
    const measured: Measured['batches'][number][] = []
    for (const images of batches) {
      await sample(images) // of a size that is new to the device
      const times: number[] = []
      for (let i = 0; i < repeats; i++) {
        doing(`${device}: ${images === 1 ? 'one picture' : `${images} pictures`}, ${i + 1} of ${repeats}`)
        times.push(await sample(images))
      }
      measured.push({ images, milliseconds: times.sort((a, b) => a - b)[Math.floor(repeats / 2)]! })
    }
    return { device, dtype, model: model.manifest.name, opening, first, batches: measured }
  } finally {
    await model.dispose()
  }
}

/** In Markdown, for an issue. */
export function benchmarkTable(all: readonly Measured[]): string {
  const head = ['Device', 'Weights', 'Opening', 'First picture', ...batches.map(images => `${images} at once, each`)]
  const rows = all.map(({ device, dtype, opening, first, batches: measured }) => [
    ...[device, dtype, ms(opening), ms(first)],
    ...measured.map(({ images, milliseconds }) => ms(milliseconds / images)),
  ])
  return [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')
}

export const ms = (value: number): string => `${value >= 100 ? Math.round(value) : value.toFixed(1)} ms`
