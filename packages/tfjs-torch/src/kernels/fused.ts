/**
 * Kernels beyond those of tfjs: what libtorch computes in one pass and tfjs operators in several. A program that knows them calls them by
 * name where the current backend has them (`tf.getKernel`), and computes the same with tfjs operators where it has not.
 *
 *   GroupNorm {x, weight, bias} (groups, epsilon, silu) -> [y, normalized, mean, inverse]   x [N, H, W, C]
 *   Silu {x} -> y
 *   Adam {parameters, gradient, firstMoment, secondMoment} (rate, beta1, beta2, epsilon, weightDecay, decoupled, step)
 *        -> [parameters, firstMoment, secondMoment]
 *   Lerp {a, b} (weight) -> a + weight · (b − a)
 */

import * as tf from '@tensorflow/tfjs-core'
import type { Numbers } from '../backend.ts'
import type { Handle } from '../library/libtorch.ts'
import { type KernelFunction, type KernelTable, result } from './call.ts'
import { channelsFirst, channelsLast } from './products.ts'

const nhwc = { rank: 2, isNchw: false } as const

/** [N, C, H · W] as arguments, of an image [N, H, W, C]. */
function extents({ shape }: Numbers): [number, number, number] {
  const [n, height, width, channels] = shape as [number, number, number, number]
  return [n, channels, height * width]
}

const groupNorm: KernelFunction = call => {
  const { torch } = call
  const [x, weight, bias] = ['x', 'weight', 'bias'].map(name => call.input(name)) as [Numbers, Numbers, Numbers]
  const groups = call.attribute<number>('groups')
  const [normalized, mean, inverse] = torch.callAll(
    'native_group_norm',
    ...[channelsFirst(torch, x.handle, nhwc), weight.handle, bias.handle],
    ...[...extents(x), groups, call.attribute<number>('epsilon')],
  ) as [Handle, Handle, Handle]
  const y = call.attribute<boolean>('silu') ? torch.call('silu', normalized) : normalized
  const image = (handle: Handle) => result(channelsLast(torch, handle, nhwc), x.shape, 'float32')
  const statistic = (handle: Handle) => result(handle, [x.shape[0] as number, groups], 'float32')
  return [image(y), image(normalized), statistic(mean), statistic(inverse)]
}

const groupNormGradient: KernelFunction = call => {
  const { torch } = call
  const names = ['dy', 'x', 'weight', 'normalized', 'mean', 'inverse'] as const
  const [dy, x, weight, normalized, mean, inverse] = names.map(name => call.input(name)) as [Numbers, ...Numbers[]] as [
    Numbers,
    Numbers,
    Numbers,
    Numbers,
    Numbers,
    Numbers,
  ]
  const outer = call.attribute<boolean>('silu') ? torch.call('silu_backward', dy.handle, normalized.handle) : dy.handle
  const [dx, dweight, dbias] = torch.callAll(
    'native_group_norm_backward',
    ...[channelsFirst(torch, outer, nhwc), channelsFirst(torch, x.handle, nhwc), mean.handle, inverse.handle],
    ...[weight.handle, ...extents(x), call.attribute<number>('groups'), [true, true, true]],
  ) as [Handle, Handle, Handle]
  return [
    result(channelsLast(torch, dx, nhwc), x.shape, 'float32'),
    result(dweight, weight.shape, 'float32'),
    result(dbias, weight.shape, 'float32'),
  ]
}

const adam: KernelFunction = call => {
  const { torch } = call
  const names = ['parameters', 'firstMoment', 'secondMoment'] as const
  const states = names.map(name => call.input(name))
  // libtorch updates in place, and tfjs's tensors may not change
  const [parameters, first, second] = states.map(({ handle }) => torch.clone(handle)) as [Handle, Handle, Handle]
  const attribute = (name: string) => call.attribute<number>(name)
  const steps = torch.full([], attribute('step'), 'float32')
  const rates = ['rate', 'beta1', 'beta2', 'weightDecay', 'epsilon'].map(attribute)
  torch.callAll(
    call.attribute<boolean>('decoupled') ? '_fused_adamw_' : '_fused_adam_',
    ...[[parameters], [call.input('gradient').handle], [first], [second], [], [steps]],
    ...[...rates, false, false, null, null],
  )
  return [parameters, first, second].map((handle, i) => result(handle, (states[i] as Numbers).shape, 'float32'))
}

export const fusedKernels: KernelTable = {
  GroupNorm: groupNorm,
  GroupNormGrad: groupNormGradient,
  Silu: call => {
    const { handle, shape } = call.input('x')
    return result(call.torch.call('silu', handle), shape, 'float32')
  },
  SiluGrad: call => {
    const [dy, x] = [call.input('dy'), call.input('x')]
    return result(call.torch.call('silu_backward', dy.handle, x.handle), x.shape, 'float32')
  },
  Adam: adam,
  Lerp: call => {
    const [a, b] = [call.input('a'), call.input('b')]
    const weight = call.torch.scalar(call.attribute<number>('weight'), 'float32')
    return result(call.torch.call('lerp.Tensor', a.handle, b.handle, weight), a.shape, 'float32')
  },
}

const run = (name: string, inputs: Record<string, tf.Tensor>, attributes: Record<string, unknown> = {}) =>
  tf.engine().runKernel(name, inputs as never, attributes as never) as unknown

/** Gradients of the kernels above. */
export function registerFusedGradients(): void {
  tf.registerGradient({
    kernelName: 'GroupNorm',
    inputsToSave: ['x', 'weight'],
    outputsToSave: [false, true, true, true],
    gradFunc: (dy, saved, attributes) => {
      const [x, weight, normalized, mean, inverse] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
      const inputs = { dy: (dy as tf.Tensor[])[0] as tf.Tensor, x, weight, normalized, mean, inverse }
      // at once: what is made inside one of the functions below is disposed of at its end
      const gradients = run('GroupNormGrad', inputs, { ...attributes }) as [tf.Tensor, tf.Tensor, tf.Tensor]
      const [dx, dweight, dbias] = gradients
      return { x: () => dx, weight: () => dweight, bias: () => dbias }
    },
  })
  tf.registerGradient({
    kernelName: 'Silu',
    inputsToSave: ['x'],
    gradFunc: (dy, [x]) => ({ x: () => run('SiluGrad', { dy: dy as tf.Tensor, x: x as tf.Tensor }) as tf.Tensor }),
  })
}
