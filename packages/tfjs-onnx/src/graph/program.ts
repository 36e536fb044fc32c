/**
 * A program computes certain values: it has the nodes that they depend on, in the order of recording, the values to feed, and a signature.
 * Two recordings of the same tfjs code have the same signature, so they share a session. The signature contains everything that the graph
 * depends on, except the fed data.
 */

import type { Node, Value } from './value.ts'

export interface Program {
  readonly signature: string
  readonly nodes: readonly Node[]
  /** Values without a node (fed, constant, fill or input), in the order of first use. */
  readonly leaves: readonly Value[]
  readonly outputs: readonly Value[]
  /** The name of each value inside the graph. */
  readonly names: ReadonlyMap<Value, string>
}

/** Collects the nodes that `outputs` depend on. */
export const collectProgram = (outputs: readonly Value[]): Program => programOf(reachableNodes(outputs), outputs)

/** @param nodes that the outputs depend on, in topological order */
export function programOf(nodes: readonly Node[], outputs: readonly Value[]): Program {
  const names = new Map<Value, string>()
  const leaves: Value[] = []
  const parts: string[] = []
  const nameOf = (value: Value): string => {
    let name = names.get(value)
    if (name === undefined) {
      name = `v${names.size}`
      names.set(value, name)
      if (value.origin.kind !== 'node') {
        leaves.push(value)
        parts.push(`${name}=${leafKey(value)}`)
      }
    }
    return name
  }
  for (const node of nodes) {
    let line = node.key
    for (const input of node.inputs) line += input === null ? ',-' : `,${nameOf(input)}`
    for (const output of node.outputs) line += `>${nameOf(output)}`
    parts.push(line)
  }
  parts.push(outputs.map(nameOf).join())
  return { signature: parts.join('\n'), nodes, leaves, outputs, names }
}

/** All nodes that the values depend on, in the order of recording, which is topological. */
function reachableNodes(outputs: readonly Value[]): Node[] {
  const seen = new Set<Node>()
  const open: Node[] = []
  const visit = (value: Value | null): void => {
    if (value?.origin.kind !== 'node' || seen.has(value.origin.node)) return
    seen.add(value.origin.node)
    open.push(value.origin.node)
  }
  outputs.forEach(visit)
  for (let node = open.pop(); node !== undefined; node = open.pop()) node.inputs.forEach(visit)
  return [...seen].sort((a, b) => a.id - b.id)
}

function leafKey({ shape, type, origin }: Value): string {
  switch (origin.kind) {
    case 'constant':
      return `c${type}[${shape}](${origin.data})`
    case 'fill':
      return `f${type}[${shape}](${origin.value})`
    case 'input':
      return `i${type}[${origin.dims}]${origin.name}`
    default:
      return `${type}[${shape}]`
  }
}
