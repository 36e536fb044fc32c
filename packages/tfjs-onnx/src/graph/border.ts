/**
 * Long vectors at the border of a program, like all parameters of a network and their gradient: where the program first of all
 * takes a vector apart, its parts can be fed instead, and where it puts one together at the end, the parts can be the
 * results. They lie in the same memory, one behind the other, and nobody copies them.
 */

import { sizeOf } from './order.ts'
import { collectProgram } from './program.ts'
import type { Node, Value } from './value.ts'

/** Where a part begins in the input of this name. */
export interface InputPart {
  readonly name: string
  readonly start: number
}

/**
 * Makes inputs of the parts of vectors that are only taken apart. The recording is changed.
 *
 * @param outputs of the recording
 * @param isWhole inputs that stay as they are
 */
export function takeInputsApart(
  outputs: readonly Value[],
  isWhole: (name: string) => boolean,
): ReadonlyMap<Value, InputPart> {
  const { nodes, leaves } = collectProgram(outputs)
  const parts = new Map<Value, InputPart>()
  for (const leaf of leaves) {
    if (leaf.origin.kind !== 'input' || leaf.shape.length !== 1 || isWhole(leaf.origin.name)) continue
    const { name } = leaf.origin
    const uses = nodes.filter(node => node.inputs.includes(leaf))
    const [split] = uses
    if (uses.length !== 1 || split?.op !== 'Split' || outputs.includes(leaf)) continue
    let start = 0
    split.outputs.forEach((part, i) => {
      part.origin = { kind: 'input', name: `${name}/${i}`, dims: part.shape }
      parts.set(part, { name, start })
      start += sizeOf(part.shape)
    })
  }
  return parts
}

/** The values that lie one behind the other in each output: several where it is put together last, else itself. */
export function takeOutputsApart(outputs: readonly Value[]): readonly (readonly Value[])[] {
  const taken = new Set<Value>(outputs)
  return outputs.map(output => {
    const { origin } = output
    if (origin.kind !== 'node' || origin.node.op !== 'Concat' || output.shape.length !== 1) return [output]
    const parts = (origin.node.inputs as readonly Value[]).map(beforeRenaming)
    const own = new Set(parts)
    // a result comes from a node, and there is one of each
    const possible = own.size === parts.length && parts.every(part => part.origin.kind === 'node' && !taken.has(part))
    if (!possible) return [output]
    for (const part of parts) taken.add(part)
    return parts
  })
}

function beforeRenaming(value: Value): Value {
  const node = nodeOf(value)
  const [source] = (node?.inputs ?? []) as readonly Value[]
  return node?.op === 'Reshape' && source !== undefined && nodeOf(source) !== null ? beforeRenaming(source) : value
}

const nodeOf = ({ origin }: Value): Node | null => (origin.kind === 'node' ? origin.node : null)
