/**
 * Avoids copies of long vectors, such as all parameters of a network or their gradient. If a program splits an input vector, the parts
 * become inputs; if it concatenates an output vector, the parts become outputs. All are ranges of the same array.
 */

import { sizeOf } from './layout.ts'
import { collectProgram } from './program.ts'
import type { Node, Value } from './value.ts'

/** A range of the input `name` from `start`. */
export interface InputPart {
  readonly name: string
  readonly start: number
}

/**
 * Replaces input vectors that are only split by inputs for their parts. Modifies the recording.
 *
 * @param outputs of the recording
 * @param isWhole inputs to keep whole
 */
export function splitInputs(
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

/** The values that are concatenated in each output: several if its last node is a Concat, else the output itself. */
export function splitOutputs(outputs: readonly Value[]): readonly (readonly Value[])[] {
  const taken = new Set<Value>(outputs)
  return outputs.map(output => {
    const { origin } = output
    if (origin.kind !== 'node' || origin.node.op !== 'Concat' || output.shape.length !== 1) return [output]
    const parts = (origin.node.inputs as readonly Value[]).map(beforeRenaming)
    const own = new Set(parts)
    // each part must be a distinct result of a node
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
