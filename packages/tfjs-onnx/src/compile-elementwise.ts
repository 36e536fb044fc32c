/**
 * `compile` for functions that treat long vectors element by element, like an optimizer's update of all parameters. Plain
 * arithmetic becomes one loop. With any other operator, the graph is built for a piece of the vectors and run on one piece
 * after the other: what lies between its operators then stays in the cache, and needs memory for a piece instead of for
 * everything.
 */

import * as tf from '@tensorflow/tfjs-core'
import { OnnxBackend } from './backend.ts'
import { type Compiled, compile, kept, placeholders } from './compile.ts'
import { OnnxBackendError } from './errors.ts'
import { elementwiseLoop } from './fused/elementwise-loop.ts'
import { identityOrder } from './graph/order.ts'
import { collectProgram, type Program } from './graph/program.ts'
import { type FedArray, fed, type Value } from './graph/value.ts'
import { type ComputedType, straightened } from './lazy.ts'
import { fedLeaves } from './runtime/executor.ts'

type Tensors = Readonly<Record<string, tf.Tensor>>

/** Elements of a piece: a megabyte. */
const longest = 2 ** 18

interface Plan {
  readonly sources: readonly (string | FedArray)[]
  readonly results: readonly { readonly name: string; readonly type: ComputedType }[]
  /** Writes the results. Vectors among the arrays are whole. */
  run(arrays: readonly FedArray[], results: readonly FedArray[]): void
  dispose(): void
}

/**
 * @param vectors inputs of rank 1 and of one length; the results are all vectors of this length, element i of which
 *   depends on element i of each vector and on the other inputs.
 * @throws OnnxBackendError KERNEL_INVALID, when called, for vectors of other shapes or results that are no such vectors.
 */
export function compileElementwise<I extends Tensors, O extends Tensors>(
  f: (inputs: I) => O,
  vectors: readonly (keyof I & string)[],
): Compiled<I, O> {
  const plans = new Map<string, Plan>()
  const whole = compile(f)
  const run = (inputs: I): O => {
    const backend = tf.backend()
    // pieces are cut here: elsewhere vectors would travel for it
    if (!(backend instanceof OnnxBackend) || backend.device !== 'cpu' || backend.runtime.queued) return whole(inputs)
    backend.flush()
    const length = lengthOf(inputs, vectors)
    const piece = Math.min(length, longest)
    const key = [piece, ...Object.entries(inputs).map(([name, x]) => `${name}:${x.dtype}`)].sort().join()
    let plan = plans.get(key)
    if (plan === undefined) plans.set(key, (plan = makePlan(backend, f, { inputs, vectors, piece })))
    return replay(backend, plan, { inputs, length }) as O
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
  new OnnxBackendError('KERNEL_INVALID', `a function of elements: ${message}`, {
    hint: 'vectors and results must be tensors of rank 1 and of one length; use compile() for other functions',
  })

interface Pieces {
  readonly inputs: Tensors
  readonly vectors: readonly string[]
  readonly piece: number
}

function makePlan<I extends Tensors>(
  backend: OnnxBackend,
  f: (inputs: I) => Tensors,
  { inputs, vectors, piece }: Pieces,
): Plan {
  const shapes = Object.entries(inputs).map(([name, { shape }]) => [name, vectors.includes(name) ? [piece] : shape])
  const results = new Map<string, ReturnType<typeof straightened>>()
  backend.trace(() => {
    const given = placeholders(backend, inputs, Object.fromEntries(shapes))
    for (const [name, result] of Object.entries(f(given as I))) {
      if (result.shape.length !== 1 || result.shape[0] !== piece)
        throw invalid(`its result ${name} is [${result.shape}]`)
      results.set(name, straightened(backend.lazy(result)))
    }
  })
  const outputs = [...results.values()]
  if (new Set(outputs).size < outputs.length) throw invalid('two of its results are the same')
  const program = collectProgram(outputs)
  const leaves = fedLeaves(program)
  const isVector = ({ origin }: Value): boolean => origin.kind === 'input' && vectors.includes(origin.name)
  const loop = elementwiseLoop(program, { inputs: leaves, isVector })
  return {
    sources: leaves.map(value => kept(value) as string | FedArray), // no runtime keeps arrays here
    results: [...results].map(([name, { type }]) => ({ name, type: type as ComputedType })),
    ...(loop === null ? inPieces(backend, program, { leaves, isVector, piece }) : { ...loop, dispose: () => {} }),
  }
}

interface Cut {
  readonly leaves: readonly Value[]
  readonly isVector: (leaf: Value) => boolean
  readonly piece: number
}

/** Runs the graph of a piece on one piece after the other. */
function inPieces(
  { executor }: OnnxBackend,
  program: Program,
  { leaves, isVector, piece }: Cut,
): Pick<Plan, 'run' | 'dispose'> {
  const graph = executor.build(program)
  const cut = leaves.map(isVector)
  return {
    run(arrays, results) {
      const length = results[0]?.length ?? 0
      for (let start = 0; start < length; start += piece) {
        // the last piece begins where it is whole
        const from = Math.min(start, length - piece)
        const part = (array: FedArray): FedArray => array.subarray(from, from + piece)
        const given = arrays.map((array, i) => (cut[i] ? part(array) : array))
        executor.runInto(graph, { arrays: given, results: results.map(part) })
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
    const lazy = { shape: [length], dtype: type, order: identityOrder(1), value }
    return [name, tf.engine().makeTensorFromDataId(backend.tensor(lazy).dataId, [length], type)] as const
  })
  return Object.fromEntries(tensors)
}
