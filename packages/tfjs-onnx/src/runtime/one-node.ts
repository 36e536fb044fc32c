/** Checks whether a runtime works at all, with the graph |−3|. */

import { writeModel } from '../graph/model.ts'
import { collectProgram } from '../graph/program.ts'
import { emit, fed } from '../graph/value.ts'
import type { Runtime } from './runtime.ts'

/** @throws the runtime's error, or an error for a wrong result */
export async function runOneNode(runtime: Runtime): Promise<void> {
  const input = fed([1], 'float32', Float32Array.of(-3))
  const output = emit('Abs', [input], { shape: [1], type: 'float32' })
  const ports = { inputs: new Map([['x', input]]), outputs: new Map([['y', output]]) }
  const session = runtime.createSession(writeModel(collectProgram([output]), ports), {})
  const array = { type: 'float32', dims: [1] } as const
  const feeds = { x: { ...array, data: Float32Array.of(-3) } }
  try {
    const y = { ...array, data: new Float32Array(1) }
    if ('run' in session) session.run(feeds, { y })
    else for (const result of session.enqueue(feeds, [{ name: 'y', ...array }])) y.data.set(await result.read())
    if (y.data[0] !== 3) throw new Error(`it computes |-3| = ${y.data[0]}`)
  } finally {
    session.dispose()
  }
}
