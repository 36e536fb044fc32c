/**
 * tf.valueAndGrad in less memory: what the gradient of a kernel needs is disposed of as soon as that gradient is computed, and so is the
 * gradient of each intermediate result. tfjs keeps all of them until the last is computed.
 */

import * as tf from '@tensorflow/tfjs-core'

/** A kernel that was called in the differentiated function, as tfjs's engine records it. */
interface TapeNode {
  readonly id: number
  readonly kernelName: string
  readonly inputs: Readonly<Record<string, tf.Tensor>>
  readonly outputs: readonly tf.Tensor[]
  readonly saved?: readonly tf.Tensor[]
  readonly gradient?: (dys: (tf.Tensor | null)[]) => Readonly<Record<string, () => tf.Tensor>>
}

/** Parts of tfjs's engine that its types hide. */
interface Tape {
  readonly state: { activeTape: TapeNode[] | null; readonly gradientDepth: number }
  startTape(): void
  endTape(): void
}

export interface ValueAndGradient {
  readonly value: tf.Tensor
  readonly gradient: tf.Tensor
}

/** The value of a scalar function and its gradient. Not to be called inside of another differentiated function. */
export function valueAndGradient(f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor): ValueAndGradient {
  const { value, tape } = recorded(f, x)
  const gradients = new Map([[value.id, tf.ones(value.shape)]])
  for (const node of between(tape, x, value).reverse()) backward(node, gradients)
  const gradient = gradients.get(x.id)
  if (gradient === undefined) throw new Error('the function does not depend on its argument')
  return { value, gradient }
}

function recorded(f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor) {
  const engine = tf.engine() as unknown as Tape
  engine.startTape()
  try {
    const value = tf.tidy(() => f(x))
    return { value, tape: engine.state.activeTape as TapeNode[] }
  } finally {
    engine.endTape()
    engine.state.activeTape = null
  }
}

/** The calls on the paths from x to y. What others saved is disposed of. */
function between(tape: readonly TapeNode[], x: tf.Tensor, y: tf.Tensor): TapeNode[] {
  const fromX = new Set([x.id])
  for (const { inputs, outputs } of tape) {
    if (Object.values(inputs).some(input => fromX.has(input.id))) for (const output of outputs) fromX.add(output.id)
  }
  const toY = new Set([y.id])
  const path: TapeNode[] = []
  for (const node of [...tape].reverse()) {
    const leads = node.outputs.some(({ id }) => toY.has(id))
    if (leads) for (const input of Object.values(node.inputs)) toY.add(input.id)
    const inputs = Object.fromEntries(Object.entries(node.inputs).filter(([, input]) => fromX.has(input.id)))
    if (leads && Object.keys(inputs).length > 0) path.push({ ...node, inputs })
    else tf.dispose([...(node.saved ?? [])])
  }
  return path.reverse()
}

/** Replaces the gradients of a call's results by those of its inputs. */
function backward(node: TapeNode, gradients: Map<number, tf.Tensor>): void {
  const { inputs, outputs, saved = [], gradient, kernelName } = node
  const dys = outputs.map(({ id }) => gradients.get(id) ?? null)
  if (gradient === undefined) throw new Error(`the kernel ${kernelName} has no gradient`)
  const names = Object.keys(inputs)
  const made = tf.tidy(() => {
    const functions = gradient(dys)
    const shared = new Set<tf.Tensor | null>([...dys, ...saved])
    return names.map(name => {
      const dx = (functions[name] as () => tf.Tensor)()
      const own = shared.has(dx) ? tf.clone(dx) : dx
      shared.add(dx)
      return own
    })
  })
  tf.dispose([...saved])
  for (const [i, output] of outputs.entries()) {
    dys[i]?.dispose()
    gradients.delete(output.id)
  }
  for (const [i, name] of names.entries()) {
    const { id } = inputs[name] as tf.Tensor
    const [before, now] = [gradients.get(id), made[i] as tf.Tensor]
    gradients.set(id, before === undefined ? now : tf.add(before, now))
    if (before !== undefined) tf.dispose([before, now])
  }
}
