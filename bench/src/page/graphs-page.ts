/** The page of fused.ts: graphs by address, run on ONNX Runtime's WebAssembly with one thread. */

import * as ort from 'onnxruntime-web/wasm'
import { type GraphRun, integrateGraph } from '../euler-graphs.ts'

ort.env.wasm.wasmPaths = '/ort/'
ort.env.wasm.numThreads = 1

const sessions = new Map<string, Promise<ort.InferenceSession>>()

async function open(graph: string): Promise<ort.InferenceSession> {
  const bytes = await (await fetch(`/graph/${graph}`)).arrayBuffer()
  return ort.InferenceSession.create(new Uint8Array(bytes), {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
  })
}

async function integrate(run: GraphRun): Promise<number> {
  if (!sessions.has(run.graph)) sessions.set(run.graph, open(run.graph))
  return integrateGraph(ort, await sessions.get(run.graph)!, run)
}

export const mixflowPage = { integrate }
Object.assign(globalThis, { mixflowPage })
