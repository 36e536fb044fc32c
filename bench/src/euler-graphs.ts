/** Euler's method on ONNX Runtime: by the network's graph, once per step, or by one graph of all steps. */

export interface GraphRun {
  readonly graph: 'step' | 'whole'
  readonly dims: readonly number[]
  /** Steps of Euler's method; `step` is one of them. */
  readonly steps: number
}

interface Runtime<T> {
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => T
}

interface Session<T> {
  run(feeds: Record<string, T>): Promise<Readonly<Record<string, { readonly data: unknown }>>>
}

/** Integrates from fixed numbers; returns a number to compare. */
export async function integrateGraph<T>({ Tensor }: Runtime<T>, session: Session<T>, { graph, dims, steps }: GraphRun) {
  const size = dims.reduce((a, b) => a * b, 1)
  const run = async (feeds: Record<string, T>) => Object.values(await session.run(feeds))[0]!.data as Float32Array
  let x: Float32Array = Float32Array.from({ length: size }, (_, i) => Math.sin(i))
  if (graph === 'whole') x = await run({ x: new Tensor('float32', x, dims) })
  else {
    for (let step = 0; step < steps; step++) {
      const t = new Tensor('float32', new Float32Array(dims[0]!).fill(step / steps), [dims[0]!])
      const v = await run({ x: new Tensor('float32', x, dims), t })
      x = x.map((value, i) => value + v[i]! / steps)
    }
  }
  return x.reduce((sum, value) => sum + Math.abs(value), 0) / size
}
