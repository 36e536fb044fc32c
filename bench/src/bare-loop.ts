/**
 * A hand-written sampler on ONNX Runtime alone: Heun's method on plain arrays. It evaluates the network as often as the SDKs, draws the same
 * noise, and joins both halves of a guided evaluation in one batch, so that both sides generate the same images.
 */

import { normals } from '@mixflow/core'

const [channels, height, width, classes] = [1, 28, 28, 10]
const pixels = channels * height * width

export interface BareRequest {
  readonly count: number
  readonly seed: number
  readonly label: number
  /** Of Heun's method; the last is a step of Euler's. */
  readonly steps: number
  readonly guidance: number
}

/** The used part of ONNX Runtime. */
interface Runtime<T> {
  readonly Tensor: new (type: 'float32' | 'int32', data: Float32Array | Int32Array, dims: readonly number[]) => T
}

interface Session<T> {
  run(feeds: Record<string, T>): Promise<Readonly<Record<string, { readonly data: unknown }>>>
}

/** Images `[count, 1, 28, 28]` of one label. */
export function bareLoop<T>({ Tensor }: Runtime<T>, session: Session<T>) {
  const run = async (x: Float32Array, t: number, label: Int32Array): Promise<Float32Array> => {
    const images = label.length
    const { velocity } = await session.run({
      x: new Tensor('float32', x, [images, channels, height, width]),
      t: new Tensor('float32', new Float32Array(images).fill(t), [images]),
      label: new Tensor('int32', label, [images]),
    })
    return velocity?.data as Float32Array
  }

  return async ({ count, seed, label, steps, guidance }: BareRequest): Promise<Float32Array> => {
    const one = new Int32Array(count).fill(label)
    const both = new Int32Array(2 * count).fill(label).fill(classes, count)
    const velocity = async (x: Float32Array, t: number) => {
      if (guidance === 0) return run(x, t, one)
      const twice = new Float32Array(2 * x.length)
      twice.set(x)
      twice.set(x, x.length)
      const v = await run(twice, t, both)
      const guided = new Float32Array(x.length)
      for (let i = 0; i < x.length; i++) {
        guided[i] = (1 + guidance) * (v[i] as number) - guidance * (v[i + x.length] as number)
      }
      return guided
    }

    let x = normals({ seed, stream: 'noise', images: count, elementsPerImage: pixels })
    const h = 1 / steps
    for (let step = 0; step < steps; step++) {
      const v = await velocity(x, step * h)
      const next = new Float32Array(x.length)
      for (let i = 0; i < x.length; i++) next[i] = (x[i] as number) + h * (v[i] as number)
      if (step < steps - 1) {
        const ahead = await velocity(next, (step + 1) * h)
        for (let i = 0; i < x.length; i++) {
          next[i] = (x[i] as number) + (h / 2) * ((v[i] as number) + (ahead[i] as number))
        }
      }
      x = next
    }
    return x
  }
}
