/** The page that samples: with sdk-web in a worker or in the page, and with the bare loop over onnxruntime-web. */

import { loadModel, type WebModel } from '@mixflow/sdk-web'
import * as ort from 'onnxruntime-web/wasm'
import { type BareRequest, bareLoop } from '../bare-loop.ts'

export type Side = 'worker' | 'page' | 'bare'

export interface PageRound {
  readonly milliseconds: number
  readonly images: readonly number[]
}

interface Opened {
  sample(request: BareRequest): Promise<readonly Float32Array[]>
}

const wasmPaths = '/ort/'
ort.env.wasm.wasmPaths = wasmPaths
ort.env.wasm.numThreads = 1

async function sdk(worker: boolean): Promise<Opened> {
  const model: WebModel = await loadModel('/model/', {
    ...{ device: 'wasm', worker, cache: null },
    runtime: { wasmPaths, threads: 1 },
  })
  return {
    async sample({ steps, count, ...request }) {
      // as many evaluations as the bare loop's steps: two each but for the last
      const nfe = 2 * steps - 1
      const { images } = await model.sample({ ...request, count, batchSize: count, nfe, solver: 'heun' })
      return images.map(({ data }) => data)
    },
  }
}

async function bare(): Promise<Opened> {
  const bytes = await (await fetch('/model/denoiser.onnx')).arrayBuffer()
  const session = await ort.InferenceSession.create(new Uint8Array(bytes), {
    ...{ executionProviders: ['wasm'], graphOptimizationLevel: 'all', logSeverityLevel: 3 },
  })
  const sample = bareLoop(ort, session)
  return { sample: async request => [await sample(request)] }
}

const open = {
  worker: () => sdk(true),
  page: () => sdk(false),
  bare,
} satisfies Record<Side, () => Promise<Opened>>

const opened = new Map<Side, Promise<Opened>>()

/** Opens the side when it is first asked: of a fresh page, that is its cold start. */
async function sample(side: Side, request: BareRequest): Promise<PageRound> {
  const started = performance.now()
  if (!opened.has(side)) opened.set(side, open[side]())
  const images = await (await (opened.get(side) as Promise<Opened>)).sample(request)
  const milliseconds = performance.now() - started
  // some of the numbers are enough to compare, and cost nothing to send
  return { milliseconds, images: images.flatMap(data => [...data]).filter((_, i) => i % 97 === 0) }
}

export const mixflowPage = { sample }
Object.assign(globalThis, { mixflowPage })
