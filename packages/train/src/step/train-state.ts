/**
 * The state of a run between steps: parameters, moving average and optimizer moments, each one vector over all parameters. With
 * one vector, the optimizer and clipping are a few operations on long arrays rather than thousands on short ones.
 */

import { MixflowError } from '@mixflow/core'
import { float32Values, type StoredTensor } from '@mixflow/core/internal'
import { countParameters, hasKernel, initialValues, type ParameterSpec, type Parameters } from '@mixflow/zoo/networks'
import * as tf from '@tensorflow/tfjs-core'
import type { LoadedCheckpoint, NamedTensors } from '../checkpoint/checkpoint-store.ts'

/** Each tensor is a vector over all parameters. */
export interface TrainState {
  readonly parameters: tf.Tensor
  readonly ema: tf.Tensor
  readonly firstMoment: tf.Tensor
  readonly secondMoment: tf.Tensor
}

export interface VectorOptions {
  /**
   * Whether the filters of convolutions, [to, from, height, width], lie in the vector as [to, height, width, from]. Their names, shapes
   * and checkpoints are the same. Default: whether the current backend has a kernel for convolutions, which takes them so without a copy
   */
  readonly channelsLast?: boolean
}

/** The layout of the vector: named parameters, one after the other. */
export class ParameterVector {
  readonly specs: readonly ParameterSpec[]
  readonly length: number
  readonly #sizes: readonly number[]
  readonly #channelsLast: boolean

  constructor(specs: readonly ParameterSpec[], { channelsLast = hasKernel('Convolution') }: VectorOptions = {}) {
    this.specs = specs
    this.#sizes = specs.map(spec => countParameters([spec]))
    this.length = countParameters(specs)
    this.#channelsLast = channelsLast
  }

  /** Initial values for a seed. */
  initial(seed: number): Float32Array {
    return this.join(initialValues(this.specs, { seed }))
  }

  /** The named tensors of a vector. Differentiable with respect to the vector. */
  split(vector: tf.Tensor): Parameters {
    const parts = tf.split(vector, [...this.#sizes])
    return Object.fromEntries(
      this.specs.map(({ name, shape }, i) => {
        const part = parts[i] as tf.Tensor
        if (!this.#isMoved(shape)) return [name, tf.reshape(part, [...shape])]
        const [to, from, height, width] = shape as [number, number, number, number]
        return [name, tf.transpose(tf.reshape(part, [to, height, width, from]), [0, 3, 1, 2])]
      }),
    )
  }

  /** Whether the numbers of a parameter of this shape have another order in the vector. */
  #isMoved(shape: readonly number[]): boolean {
    return this.#channelsLast && shape.length === 4 && (shape[2] as number) * (shape[3] as number) > 1
  }

  /** @throws MixflowError CHECKPOINT_INVALID naming a parameter that is missing or has the wrong size. */
  join(values: ReadonlyMap<string, Float32Array>): Float32Array {
    const joined = new Float32Array(this.length)
    let at = 0
    this.specs.forEach(({ name, shape }, i) => {
      const part = values.get(name)
      const size = this.#sizes[i] as number
      if (part?.length !== size) {
        const message = `parameter "${name}" should have ${size} numbers ([${shape}]), found ${part?.length ?? 'none'}`
        const hint = 'the checkpoint belongs to another network or version'
        throw new MixflowError('CHECKPOINT_INVALID', message, { hint, details: { name } })
      }
      joined.set(this.#isMoved(shape) ? transposedFilters(part, filterSizes(shape)) : part, at)
      at += size
    })
    return joined
  }

  /** The numbers of a vector by name: views where their order is the same. */
  named(vector: Float32Array): Map<string, { shape: readonly number[]; data: Float32Array }> {
    let at = 0
    return new Map(
      this.specs.map(({ name, shape }, i) => {
        const data = vector.subarray(at, (at += this.#sizes[i] as number))
        if (!this.#isMoved(shape)) return [name, { shape, data }]
        const { to, from, area } = filterSizes(shape)
        return [name, { shape, data: transposedFilters(data, { to, from: area, area: from }) }]
      }),
    )
  }
}

interface FilterSizes {
  readonly to: number
  readonly from: number
  readonly area: number
}

const filterSizes = (shape: readonly number[]): FilterSizes => {
  const [to, from, height, width] = shape as [number, number, number, number]
  return { to, from, area: height * width }
}

/** [to, from, area] -> [to, area, from] */
function transposedFilters(values: Float32Array, { to, from, area }: FilterSizes): Float32Array {
  const moved = new Float32Array(values.length)
  for (let filter = 0; filter < to; filter++) {
    const start = filter * from * area
    for (let i = 0; i < from; i++) {
      for (let j = 0; j < area; j++) moved[start + j * from + i] = values[start + i * area + j] as number
    }
  }
  return moved
}

/** The state before the first step: initial values for the seed, in `ema` too, and moments of zero. */
export function initialState(vector: ParameterVector, seed: number): TrainState {
  const start = vector.initial(seed)
  return {
    parameters: tf.tensor1d(start),
    ema: tf.tensor1d(start),
    firstMoment: tf.zeros([vector.length]),
    secondMoment: tf.zeros([vector.length]),
  }
}

/** The state before the first step of fine-tuning: the parameters and average of a checkpoint, either of which may be missing. */
export function startedFrom(vector: ParameterVector, { tensors: { weights, ema } }: LoadedCheckpoint): TrainState {
  return {
    parameters: joined(vector, weights.size > 0 ? weights : ema),
    ema: joined(vector, ema.size > 0 ? ema : weights),
    firstMoment: tf.zeros([vector.length]),
    secondMoment: tf.zeros([vector.length]),
  }
}

/**
 * The state that a checkpoint holds.
 *
 * @throws MixflowError TRAIN_RESUME_MISMATCH for a checkpoint without optimizer state, such as an imported one;
 *   CHECKPOINT_INVALID if its tensors do not fit the networks.
 */
export function restoredState(vector: ParameterVector, { tensors, folder }: LoadedCheckpoint): TrainState {
  const absent = (['weights', 'ema', 'optimizer'] as const).find(role => tensors[role].size === 0)
  if (absent !== undefined) {
    throw new MixflowError('TRAIN_RESUME_MISMATCH', `${folder} cannot be resumed: it has no ${absent} tensors`, {
      hint: `an imported checkpoint holds parameters only; start a new run from them: train --from ${folder}`,
      details: { folder, absent },
    })
  }
  return {
    parameters: joined(vector, tensors.weights),
    ema: joined(vector, tensors.ema),
    firstMoment: joined(vector, tensors.optimizer, 'firstMoment.'),
    secondMoment: joined(vector, tensors.optimizer, 'secondMoment.'),
  }
}

/**
 * The parameters that sampling uses: a checkpoint's moving average, or its raw parameters if it has no average.
 *
 * @throws MixflowError CHECKPOINT_INVALID if its tensors do not fit the networks.
 */
export const samplingParameters = (vector: ParameterVector, { tensors }: LoadedCheckpoint): tf.Tensor =>
  joined(vector, tensors.ema.size > 0 ? tensors.ema : tensors.weights)

function joined(vector: ParameterVector, stored: ReadonlyMap<string, StoredTensor>, prefix = ''): tf.Tensor {
  const entries = [...stored].filter(([name]) => name.startsWith(prefix))
  return tf.tensor1d(
    vector.join(new Map(entries.map(([name, tensor]) => [name.slice(prefix.length), float32Values(tensor)]))),
  )
}

/** The named tensors of a checkpoint, by file. */
export async function storedState(
  vector: ParameterVector,
  state: TrainState,
): Promise<{ weights: NamedTensors; ema: NamedTensors; optimizer: NamedTensors }> {
  const named = async (x: tf.Tensor) => vector.named((await x.data()) as Float32Array)
  const moments = [
    ['firstMoment', await named(state.firstMoment)],
    ['secondMoment', await named(state.secondMoment)],
  ] as const
  return {
    weights: await named(state.parameters),
    ema: await named(state.ema),
    optimizer: new Map(
      moments.flatMap(([moment, tensors]) => [...tensors].map(([name, x]) => [`${moment}.${name}`, x] as const)),
    ),
  }
}
