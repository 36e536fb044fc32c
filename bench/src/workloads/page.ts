/** A training step in a page: ours on onnxruntime-web's WebAssembly against tfjs's own, both on one thread. */

import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { findChromium, type OpenPage, openPage } from '@mixflow/page'
import type { Comparison } from '../compare.ts'
import type { Work } from '../measure.ts'
import type { Side, StepResult } from '../page/train-page.ts'

interface InPage {
  readonly mixflowPage: { step(side: Side): Promise<StepResult> }
}

const tfjsWasm = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))

export const trainingInPage = (): readonly Comparison[] => {
  const executable = findChromium()
  if (executable === null) return []
  let open: Promise<OpenPage> | undefined
  const side = async (name: Side): Promise<Work> => {
    open ??= openPage(executable, new URL('../page/train-page.ts', import.meta.url), {
      folders: { 'tfjs-wasm': tfjsWasm },
    })
    const { page } = await open
    return async () => {
      const step = await page.evaluate(given => (globalThis as unknown as InPage).mixflowPage.step(given), name)
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
