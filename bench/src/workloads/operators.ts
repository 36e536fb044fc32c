/**
 * What TensorFlow.js and the backend cost per operator on libtorch: an operator on one element, as a program calls it, compared with the same
 * operator called through libtorch's C interface alone (a new handle for the argument, the dispatcher, deleting the result).
 */

import { operators, type TorchBackend } from '@mixflow/tfjs-torch'
import { useBackend } from '@mixflow/train'
import * as tf from '@tensorflow/tfjs-core'
import type { Comparison } from '../compare.ts'
import type { Work } from '../measure.ts'

const count = 20_000

async function start(): Promise<TorchBackend> {
  await useBackend({ backend: 'torch', device: 'cpu', threads: 1 })
  return tf.backend() as unknown as TorchBackend
}

async function throughTfjs(): Promise<Work> {
  await start()
  const x = tf.tensor1d([1])
  return async () => {
    for (let i = 0; i < count; i++) tf.relu(x).dispose()
    return { amount: count }
  }
}

async function throughC(): Promise<Work> {
  const { torch } = await start()
  const { library } = torch
  const x = torch.full([1], 1, 'float32')
  const { name, overload } = operators.get('relu') as NonNullable<ReturnType<typeof operators.get>>
  const stack = new BigUint64Array(1)
  return async () => {
    for (let i = 0; i < count; i++) {
      library.newHandle(x, stack)
      library.dispatch(name, overload, stack, library.versionWord)
      library.deleteTensor(stack[0])
    }
    return { amount: count }
  }
}

export const operatorCost = (): readonly Comparison[] => [
  { workload: 'operator-cost', peer: 'libtorch-c', unit: 'operators', ours: throughTfjs, theirs: throughC },
]
