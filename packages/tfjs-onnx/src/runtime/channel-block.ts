/** Finds the block size of ONNX Runtime's blocked convolutions on this processor, by reordering an image and looking at the result. */

import { writeModel } from '../graph/model.ts'
import type { Bytes } from '../graph/onnx-format.ts'
import { collectProgram } from '../graph/program.ts'
import { emit, type Value } from '../graph/value.ts'
import type { RuntimeArray, RuntimeSession, SessionOptions } from './runtime.ts'

type CreateSession = (model: Bytes, options: SessionOptions) => RuntimeSession

/** At least the largest block size. */
const channels = 64

/** 1 without these operators. */
export function channelBlockOf(createSession: CreateSession): number {
  const shape = [1, channels, 1, 2]
  const x: Value = { shape, type: 'float32', origin: { kind: 'input', name: 'x', dims: shape }, refCount: 0 }
  const y = emit('ReorderInput', [x], { shape, domain: 'com.microsoft.nchwc' })
  const model = writeModel(collectProgram([y]), { inputs: new Map([['x', x]]), outputs: new Map([['y', y]]) })
  const image = (data: Float32Array): RuntimeArray => ({ type: 'float32', dims: shape, data })
  const given = Float32Array.from({ length: 2 * channels }, (_, i) => i)
  const found = new Float32Array(2 * channels)
  try {
    const session = createSession(model, { threads: 1 })
    session.run({ x: image(given) }, { y: image(found) })
    session.dispose()
  } catch {
    return 1
  }
  // the second pixel of the first channel follows the first pixel of all channels of the block
  return Math.max(1, found.indexOf(1))
}
