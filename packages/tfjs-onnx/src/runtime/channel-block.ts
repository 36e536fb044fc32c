/**
 * In blocks of how many channels ONNX Runtime convolves on this processor: found by bringing an image into blocks and
 * looking where its numbers went.
 */

import type { Bytes } from '../bytes.ts'
import { writeModel } from '../graph/model.ts'
import { collectProgram } from '../graph/program.ts'
import { emit, type Value } from '../graph/value.ts'
import type { RuntimeArray, RuntimeSession, SessionOptions } from './runtime.ts'

type CreateSession = (model: Bytes, options: SessionOptions) => RuntimeSession

/** More than any processor has in a block. */
const channels = 64

/** 1 where there are no such operators. */
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
  // the second pixel of the first channel comes after the first pixel of a whole block
  return Math.max(1, found.indexOf(1))
}
