/** The page of fused.ts: graphs by address, run on ONNX Runtime's WebAssembly with one thread. */

import * as ort from 'onnxruntime-web/wasm'

ort.env.wasm.wasmPaths = '/ort/'
ort.env.wasm.numThreads = 1

export interface GraphRun {
  readonly graph: 'step' | 'whole'
  readonly dims: readonly number[]
  /** Steps of Euler's method; `step` is one of them. */
  readonly steps: number
}

const sessions = new Map<string, Promise<ort.InferenceSession>>()

async function open(graph: string): Promise<ort.InferenceSession> {
  const bytes = await (await fetch(`/graph/${graph}`)).arrayBuffer()
  return ort.InferenceSession.create(new Uint8Array(bytes), {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
  })
}

/** Milliseconds of one integration, and a number to compare. */
async function integrate({ graph, dims, steps }: GraphRun): Promise<readonly [milliseconds: number, check: number]> {
  if (!sessions.has(graph)) sessions.set(graph, open(graph))
  const session = await (sessions.get(graph) as Promise<ort.InferenceSession>)
  const size = dims.reduce((a, b) => a * b, 1)
  let x: Float32Array = Float32Array.from({ length: size }, (_, i) => Math.sin(i))
  const started = performance.now()
  if (graph === 'whole') {
    const { x1 } = await session.run({ x: new ort.Tensor('float32', x, dims) })
    x = x1?.data as Float32Array
  } else {
    for (let step = 0; step < steps; step++) {
      const t = new ort.Tensor('float32', new Float32Array(dims[0] as number).fill(step / steps), [dims[0] as number])
      const { velocity } = await session.run({ x: new ort.Tensor('float32', x, dims), t })
      const v = velocity?.data as Float32Array
      x = x.map((value, i) => value + (v[i] as number) / steps)
    }
  }
  return [performance.now() - started, x.reduce((sum, value) => sum + Math.abs(value), 0) / size]
}

export const mixflowPage = { integrate }
Object.assign(globalThis, { mixflowPage })
