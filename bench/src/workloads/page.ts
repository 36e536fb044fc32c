/** A training step in a page: ours on onnxruntime-web's WebAssembly, compared with tfjs's WebAssembly backend, both on one thread. */

import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { findChromium } from '@mixflow/page'
import type { Comparison } from '../compare.ts'
import { type BenchPage, openBenchPage } from '../in-page.ts'
import type { Work } from '../measure.ts'
import type { mixflowPage, Side } from '../page/train-page.ts'

const tfjsWasm = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))

export const trainingInPage = (): readonly Comparison[] => {
  const executable = findChromium()
  if (executable === null) return []
  let open: Promise<BenchPage<typeof mixflowPage>> | undefined
  const side = async (name: Side): Promise<Work> => {
    open ??= openBenchPage(executable, 'train-page', { folders: { 'tfjs-wasm': tfjsWasm } })
    const { call } = await open
    return async () => {
      const step = await call('step', name)
      return { amount: step.images, result: () => step.result }
    }
  }
  return [
    {
      workload: 'page',
      peer: 'tfjs-wasm',
      unit: 'images',
      ours: () => side('onnx'),
      theirs: () => side('wasm'),
      tolerance: 1e-3,
      end: async () => (await open)?.[Symbol.asyncDispose](),
    },
  ]
}
