/**
 * Compiles a program of element-wise operators to one WebAssembly loop over its vectors: each number is read and written once, and
 * intermediate results stay in registers, whereas ONNX Runtime uses memory for each operator.
 *
 * Vectors are copied through the module's memory in strips that fit into the processor's cache. The results are bit for bit those of the
 * separate operators.
 */

import type { Program } from '../graph/program.ts'
import type { FedArray, Node, Value } from '../graph/value.ts'
import { type Code, get, instantiate, load, operators, set, spread, store } from './simd-module.ts'

/** Elements per strip: the nine arrays of an optimizer's update take half a megabyte. */
const strip = 2 ** 14

export interface ElementwiseLoop {
  /** Reads `given` in the order of the inputs, of which scalars have one element, and writes `results`. */
  run(given: readonly FedArray[], results: readonly FedArray[]): void
}

interface Inputs {
  /** Fed values, in order. */
  readonly inputs: readonly Value[]
  readonly isVector: (input: Value) => boolean
}

/** null if the program has an unsupported operator, type or shape. */
export function elementwiseLoop(program: Program, { inputs, isVector }: Inputs): ElementwiseLoop | null {
  const memory = layOut(program, { inputs, isVector })
  if (memory === null) return null
  const { vectors, constants } = memory
  const code = codeOf(program, memory)
  if (code === null) return null
  const loop = instantiate({ ...code, values: memory.values.size, memoryBytes: memory.bytes })
  const singles = new Float32Array(loop.memory, 0, vectors.start / 4)
  for (const [at, value] of constants) singles[at / 4] = value
  const view = (start: number): Float32Array => new Float32Array(loop.memory, start, strip)
  const [from, to] = [inputs.map(input => memory.at(input)), program.outputs.map((_, i) => vectors.output(i))]
  const [fromViews, toViews] = [from.map(view), to.map(view)]
  return {
    run(given, results) {
      inputs.forEach((input, i) => {
        if (!isVector(input)) singles[(from[i] as number) / 4] = given[i]?.[0] as number
      })
      const length = results[0]?.length ?? 0
      for (let start = 0; start < length; start += strip) {
        const count = Math.min(strip, length - start)
        inputs.forEach((input, i) => {
          if (isVector(input)) fromViews[i]?.set((given[i] as Float32Array).subarray(start, start + count))
        })
        loop.run(4 * count)
        toViews.forEach((result, i) => {
          results[i]?.set(count === strip ? result : result.subarray(0, count), start)
        })
      }
    },
  }
}

/** The layout of the module's memory: scalars, then strips of vectors. */
interface MemoryLayout {
  at(leaf: Value): number
  readonly vectors: { readonly start: number; output(index: number): number }
  readonly constants: ReadonlyMap<number, number>
  /** Local variables of the values. */
  readonly values: ReadonlyMap<Value, number>
  readonly bytes: number
}

function layOut(program: Program, { inputs, isVector }: Inputs): MemoryLayout | null {
  const { leaves, nodes, outputs } = program
  const used = leaves.filter(({ type }) => type !== 'int64') // shapes
  const all = [...used, ...nodes.flatMap(node => node.outputs)]
  if (all.some(({ type }) => type !== 'float32')) return null
  const vectors = inputs.filter(isVector)
  const singles = used.filter(leaf => !vectors.includes(leaf))
  if (singles.some(({ shape }) => shape.some(size => size !== 1))) return null
  const start = Math.ceil((4 * singles.length) / 64) * 64
  const offsets = new Map(singles.map((leaf, i) => [leaf, 4 * i]))
  for (const [i, leaf] of vectors.entries()) offsets.set(leaf, start + 4 * strip * i)
  const constants = new Map<number, number>()
  for (const leaf of singles) {
    const value = constantOf(leaf)
    if (value !== null) constants.set(offsets.get(leaf) as number, value)
  }
  return {
    at: leaf => offsets.get(leaf) as number,
    vectors: { start, output: i => start + 4 * strip * (vectors.length + i) },
    constants,
    values: new Map(all.map((value, i) => [value, i])),
    bytes: start + 4 * strip * (vectors.length + outputs.length),
  }
}

const constantOf = ({ origin }: Value): number | null =>
  origin.kind === 'constant' ? (origin.data[0] as number) : origin.kind === 'fill' ? origin.value : null

/** Operations on scalars only run before the loop. */
function codeOf(program: Program, memory: MemoryLayout): { before: Code; each: Code } | null {
  const { leaves, nodes, outputs } = program
  const [before, each]: [number[], number[]] = [[], []]
  const inLoop = new Set<Value>()
  const number = (value: Value): number => memory.values.get(value) as number
  for (const leaf of leaves.filter(value => memory.values.has(value))) {
    const at = memory.at(leaf)
    const isSingle = at < memory.vectors.start
    if (!isSingle) inLoop.add(leaf)
    const target = isSingle ? before : each
    target.push(...(isSingle ? spread(at) : load(at)), ...set(number(leaf)))
  }
  for (const node of nodes) {
    const operands = operandsOf(node)
    const [result] = node.outputs as [Value]
    if (operands === null) return null
    const varies = operands.some(operand => inLoop.has(operand))
    if (varies) inLoop.add(result)
    const target = varies ? each : before
    target.push(...operands.flatMap(operand => get(number(operand))), ...operator(node), ...set(number(result)))
  }
  outputs.forEach((output, i) => void each.push(...store(memory.vectors.output(i), get(number(output)))))
  return { before, each }
}

/** null for an operator that is not element-wise or not supported. */
function operandsOf({ op, domain, inputs, outputs }: Node): readonly Value[] | null {
  const given = inputs as readonly Value[]
  if (op === 'Reshape') return given.slice(0, 1)
  const known = domain === '' && op in operators && outputs.length === 1
  return known && (given.length === 2 || unary.has(op)) ? given : null
}

const unary = new Set(['Abs', 'Neg', 'Sqrt'])

const operator = ({ op }: Node): Code => (op === 'Reshape' ? [] : (operators[op] as Code))
