/**
 * `compile` for element-wise functions of long vectors, such as an optimizer's update of all parameters. Plain arithmetic becomes one
 * loop. With any other operator, a graph for a chunk of the vectors runs on one chunk after another, so that intermediate results stay
 * in the cache.
 */

import * as tf from '@tensorflow/tfjs-core'
import { OnnxBackend } from './backend.ts'
import { type Compiled, compile, placeholders, presentOnly, sourceOf, type TensorRecord } from './compile.ts'
import { OnnxBackendError } from './errors.ts'
import { elementwiseLoop } from './fused/elementwise-loop.ts'
import { identityLayout } from './graph/layout.ts'
import { collectProgram, type Program } from './graph/program.ts'
import { type FedArray, fed, type Value } from './graph/value.ts'
import { type ComputedType, rowMajorValue } from './lazy.ts'
import { fedLeaves } from './runtime/executor.ts'

type Tensors = Readonly<Record<string, tf.Tensor>>

/** Maximum number of elements in a chunk: 1 MiB of float32. */
const maxChunkLength = 2 ** 18

interface Plan {
  readonly sources: readonly (string | FedArray)[]
  readonly results: readonly { readonly name: string; readonly type: ComputedType }[]
  /** Writes the results. `arrays` has whole vectors. */
  run(arrays: readonly FedArray[], results: readonly FedArray[]): void
  dispose(): void
}

/**
 * @param vectors inputs of rank 1 and equal length; every result is a vector of this length, whose element i depends on element i of each
 *   vector and on the other inputs
 * @throws OnnxBackendError KERNEL_INVALID, when called, for vectors or results of other shapes
 */
export function compileElementwise<I extends TensorRecord<I>, O extends TensorRecord<O>>(
  f: (inputs: I) => O,
  vectors: readonly (keyof I & string)[],
): Compiled<I, O> {
  const plans = new Map<string, Plan>()
  const whole = compile(f)
  const record = (tensors: Tensors) => presentOnly(f(tensors as Tensors & I))
  const run = (inputs: I): O => {
    const backend = tf.backend()
    // on another device, cutting vectors into chunks would copy them between devices
    if (!(backend instanceof OnnxBackend) || backend.device !== 'cpu' || backend.runtime.queued) return whole(inputs)
    backend.flush()
    const tensors = presentOnly(inputs)
    const length = lengthOf(tensors, vectors)
    const chunk = Math.min(length, maxChunkLength)
    const key = [chunk, ...Object.entries(tensors).map(([name, x]) => `${name}:${x.dtype}`)].sort().join()
    let plan = plans.get(key)
    if (plan === undefined) plans.set(key, (plan = makePlan(backend, record, { inputs: tensors, vectors, chunk })))
    return replay(backend, plan, { inputs: tensors, length }) as O
  }
  const dispose = () => {
    whole.dispose()
    for (const plan of plans.values()) plan.dispose()
    plans.clear()
  }
  return Object.assign(run, { dispose })
}

function lengthOf(inputs: Tensors, vectors: readonly string[]): number {
  const shapes = vectors.map(name => inputs[name]?.shape ?? [])
  const [length] = shapes[0] ?? []
  if (length !== undefined && shapes.every(shape => shape.length === 1 && shape[0] === length)) return length
  throw invalid(`the inputs ${vectors.join(', ')} have the shapes ${shapes.map(shape => `[${shape}]`).join(', ')}`)
}

const invalid = (message: string): OnnxBackendError =>
  new OnnxBackendError('KERNEL_INVALID', `compileElementwise: ${message}`, {
    hint: 'vectors and results must have rank 1 and equal length; otherwise use compile()',
  })

interface Chunks {
  readonly inputs: Tensors
  readonly vectors: readonly string[]
  readonly chunk: number
}

function makePlan(backend: OnnxBackend, f: (inputs: Tensors) => Tensors, { inputs, vectors, chunk }: Chunks): Plan {
  const shapes = Object.entries(inputs).map(([name, { shape }]) => [name, vectors.includes(name) ? [chunk] : shape])
  const results = new Map<string, ReturnType<typeof rowMajorValue>>()
  backend.trace(() => {
    for (const [name, result] of Object.entries(f(placeholders(backend, inputs, Object.fromEntries(shapes))))) {
      if (result.shape.length !== 1 || result.shape[0] !== chunk)
        throw invalid(`its result ${name} is [${result.shape}]`)
      results.set(name, rowMajorValue(backend.lazy(result)))
    }
  })
  const outputs = [...results.values()]
  if (new Set(outputs).size < outputs.length) throw invalid('two of its results are the same')
  const program = collectProgram(outputs)
  const leaves = fedLeaves(program)
  const isVector = ({ origin }: Value): boolean => origin.kind === 'input' && vectors.includes(origin.name)
  const loop = elementwiseLoop(program, { inputs: leaves, isVector })
  return {
    sources: leaves.map(value => sourceOf(value) as string | FedArray), // on the CPU no array is remote
    results: [...results].map(([name, { type }]) => ({ name, type: type as ComputedType })),
    ...(loop === null ? inChunks(backend, program, { leaves, isVector, chunk }) : { ...loop, dispose: () => {} }),
  }
}

interface Cut {
  readonly leaves: readonly Value[]
  readonly isVector: (leaf: Value) => boolean
  readonly chunk: number
}

/** Runs the graph of a chunk on one chunk after another. */
function inChunks(
  { executor }: OnnxBackend,
  program: Program,
  { leaves, isVector, chunk }: Cut,
): Pick<Plan, 'run' | 'dispose'> {
  const graph = executor.build(program)
  const cut = leaves.map(isVector)
  return {
    run(arrays, results) {
      const length = results[0]?.length ?? 0
      for (let start = 0; start < length; start += chunk) {
        // the last chunk overlaps the previous one, so that all have the same length
        const from = Math.min(start, length - chunk)
        const part = (array: FedArray): FedArray => array.subarray(from, from + chunk)
        const inputs = arrays.map((array, i) => (cut[i] ? part(array) : array))
        executor.runInto(graph, { arrays: inputs, results: results.map(part) })
      }
    },
    dispose: () => graph.session.dispose(),
  }
}

function replay(
  backend: OnnxBackend,
  plan: Plan,
  { inputs, length }: { readonly inputs: Tensors; readonly length: number },
): Tensors {
  const arrays = plan.sources.map(source =>
    typeof source === 'string' ? backend.numbers((inputs[source] as tf.Tensor).dataId) : source,
  )
  const results = plan.results.map(({ type }) => backend.executor.pool.take(type, length))
  plan.run(arrays, results)
  const tensors = plan.results.map(({ name, type }, i) => {
    const value = fed([length], type, results[i] as FedArray)
    const lazy = { shape: [length], dtype: type, layout: identityLayout(1), value }
    return [name, tf.engine().makeTensorFromDataId(backend.tensor(lazy).dataId, [length], type)] as const
  })
  return Object.fromEntries(tensors)
}
