/**
 * Kernels beyond those of tfjs: what libtorch computes in one pass and tfjs operators in several. A program that knows them calls them by
 * name where the current backend has them (`tf.getKernel`), and computes the same with tfjs operators where it has not.
 *
 *   GroupNorm {x, weight, bias} (groups, epsilon, silu) -> y   x [N, H, W, C]
 *   Silu {x} -> y
 *   Convolution {x, filter, bias} (stride, padding) -> y   x [N, H, W, C], filter [to, from, height, width], zeros around
 *   Linear {x, weight, bias} -> x · weightᵀ + bias   weight [to, from]
 *   Attention {q, k, v} -> softmax(q · kᵀ / √d) · v   [N, heads, tokens, d]
 *   Adam {parameters, gradient, firstMoment, secondMoment} (rate, beta1, beta2, epsilon, weightDecay, decoupled, step,
 *        inPlace) -> [parameters, firstMoment, secondMoment]
 *   Lerp {a, b} (weight, inPlace) -> a + weight · (b − a)
 *
 * With `inPlace`, which is optional, the results are in the memory of the inputs, which can then only be disposed of.
 */

import * as tf from '@tensorflow/tfjs-core'
import type { Numbers } from '../backend.ts'
import type { Handle } from '../library/libtorch.ts'
import { type Call, type KernelFunction, type KernelTable, like, result } from './call.ts'
import { layerKernels, registerLayerGradients } from './layers.ts'
import { channelsFirst, channelsLast } from './products.ts'

const nhwc = { rank: 2, isNchw: false } as const

/** [N, C, H · W] as arguments, of an image [N, H, W, C]. */
function extents({ shape }: Numbers): [number, number, number] {
  const [n, height, width, channels] = shape as [number, number, number, number]
  return [n, channels, height * width]
}

/** On a CPU, libtorch normalises bfloat16 with parameters in float32; elsewhere the image has to be float32, too. */
const image = (call: Call, name: string): Numbers =>
  call.torch.device === 'cpu' ? call.stored(name) : call.input(name)

const groupNorm: KernelFunction = call => {
  const { torch } = call
  const [x, weight, bias] = [image(call, 'x'), call.input('weight'), call.input('bias')]
  const groups = call.attribute<number>('groups')
  const [normalized, mean, inverse] = torch.callAll(
    'native_group_norm',
    ...[channelsFirst(torch, x.handle, nhwc), weight.handle, bias.handle],
    ...[...extents(x), groups, call.attribute<number>('epsilon')],
  ) as [Handle, Handle, Handle]
  const y = call.attribute<boolean>('silu') ? torch.call('silu', normalized) : normalized
  return {
    ...like(x, channelsLast(torch, y, nhwc), x.shape),
    attached: call.attribute<boolean>('silu') ? [mean, inverse, normalized] : [mean, inverse],
  }
}

const groupNormGradient: KernelFunction = call => {
  const { torch } = call
  const [x, weight, y] = [image(call, 'x'), call.input('weight'), call.stored('y')]
  const [mean, inverse, normalized] = y.attached as [Handle, Handle, Handle | undefined]
  const dy = channelsFirst(torch, call.as('dy', x), nhwc)
  const outer = normalized === undefined ? dy : torch.call('silu_backward', dy, normalized)
  const [dx, dweight, dbias] = torch.callAll(
    'native_group_norm_backward',
    ...[outer, channelsFirst(torch, x.handle, nhwc), mean, inverse],
    ...[weight.handle, ...extents(x), call.attribute<number>('groups'), [true, true, true]],
  ) as [Handle, Handle, Handle]
  return [
    like(x, channelsLast(torch, dx, nhwc), x.shape),
    result(dweight, weight.shape, 'float32'),
    result(dbias, weight.shape, 'float32'),
  ]
}

const adam: KernelFunction = call => {
  const { torch } = call
  const names = ['parameters', 'firstMoment', 'secondMoment'] as const
  const states = names.map(name => call.input(name))
  // libtorch updates in place; tfjs's tensors may not change, unless the caller needs them no more
  const inPlace = call.attribute<boolean | undefined>('inPlace') ?? false
  const [parameters, first, second] = states.map(({ handle }) => (inPlace ? handle : torch.clone(handle))) as [
    Handle,
    Handle,
    Handle,
  ]
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
  ...layerKernels,
  GroupNorm: groupNorm,
  GroupNormGrad: groupNormGradient,
  Silu: call => {
    const x = call.stored('x')
    return like(x, call.torch.call('silu', x.handle), x.shape)
  },
  SiluGrad: call => {
    const x = call.stored('x')
    return like(x, call.torch.call('silu_backward', call.as('dy', x), x.handle), x.shape)
  },
  Adam: adam,
  Lerp: call => {
    const [a, b] = [call.input('a'), call.input('b')]
    // weights change from step to step: not one of the scalars that are kept
    const weight = call.torch.full([], call.attribute<number>('weight'), 'float32')
    const name = call.attribute<boolean | undefined>('inPlace') ? 'lerp_.Tensor' : 'lerp.Tensor'
    return result(call.torch.call(name, a.handle, b.handle, weight), a.shape, 'float32')
  },
}

const run = (name: string, inputs: Record<string, tf.Tensor>, attributes: Record<string, unknown> = {}) =>
  tf.engine().runKernel(name, inputs as never, attributes as never) as unknown

/** Gradients of the kernels above. */
export function registerFusedGradients(): void {
  registerLayerGradients()
  tf.registerGradient({
    kernelName: 'GroupNorm',
    inputsToSave: ['x', 'weight'],
    outputsToSave: [true],
    gradFunc: (dy, saved, attributes) => {
      const [x, weight, y] = saved as [tf.Tensor, tf.Tensor, tf.Tensor]
      const inputs = { dy: dy as tf.Tensor, x, weight, y }
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
