/**
 * Limits the number of tensors per node, for devices whose shaders can bind only a few arrays (WebGPU guarantees eight): a Split becomes
 * one Slice per part, a long Concat or Sum a tree of short ones. The result is the same, in the same order.
 */

import { type Program, programOf } from './program.ts'
import { emit, integers, type Node, type Value } from './value.ts'

/** @param most inputs and outputs per node; 3 or more */
export function narrowed(program: Program, most: number): Program {
  const nodes = program.nodes.flatMap(node => narrow(node, most))
  return { ...programOf(nodes, program.outputs), signature: program.signature }
}

/** Associative operators of any number of tensors. */
const variadic: readonly string[] = ['Concat', 'Sum']

function narrow(node: Node, most: number): Node[] {
  const { op, inputs, outputs } = node
  if (op === 'Split' && outputs.length + 1 > most) return slices(node)
  if (variadic.includes(op) && inputs.length + 1 > most) return tree(node, most - 1)
  return [node]
}

function slices(node: Node): Node[] {
  const [x] = node.inputs as [Value]
  const axis = node.attributes.axis as number
  let end = 0
  return node.outputs.map(output => {
    const start = end
    end += output.shape[axis] as number
    const inputs = [x, integers([start]), integers([end]), integers([axis])]
    return { ...node, op: 'Slice', inputs, attributes: {}, outputs: [output] }
  })
}

function tree(node: Node, width: number): Node[] {
  const inputs = node.inputs as Value[]
  if (inputs.length <= width) return [node]
  const groups = Array.from({ length: Math.ceil(inputs.length / width) }, (_, i) =>
    inputs.slice(i * width, (i + 1) * width),
  )
  const made = groups.map(group => (group.length === 1 ? (group[0] as Value) : joined(node, group)))
  const below = made.flatMap(({ origin }, i) =>
    origin.kind === 'node' && groups[i]?.length !== 1 ? [origin.node] : [],
  )
  return [...below, ...tree({ ...node, inputs: made }, width)]
}

function joined({ op, attributes }: Node, group: readonly Value[]): Value {
  const [first] = group as [Value]
  const axis = attributes.axis as number
  const length = group.reduce((sum, { shape }) => sum + (shape[axis] ?? 0), 0)
  const shape = op === 'Concat' ? first.shape.with(axis, length) : first.shape
  return emit(op, group, { shape, attributes })
}
