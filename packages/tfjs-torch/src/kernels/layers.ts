/** The layers of networks as one kernel each, and all their gradients as another: see fused.ts. */

import * as tf from '@tensorflow/tfjs-core'
import type { Numbers } from '../backend.ts'
import { type Handle, scalarTypes } from '../library/libtorch.ts'
import type { Torch } from '../torch.ts'
import { type Call, type KernelFunction, type KernelTable, like, sizeOf } from './call.ts'
import { channelsFirst, channelsLast } from './products.ts'

const nhwc = { rank: 2, isNchw: false } as const

/** Stride, padding, dilation, whether transposed, output padding, groups. */
const extent = (call: Call) => {
  const [stride, padding] = [call.attribute<number>('stride'), call.attribute<number>('padding')]
  return [[stride, stride], [padding, padding], [1, 1], false, [0, 0], 1] as const
}

const convolution: KernelFunction = call => {
  const { torch } = call
  const [x, filter, bias] = [call.operand('x'), call.operand('filter'), call.operand('bias')]
  const y = torch.call(
    'convolution',
    ...[channelsFirst(torch, x.handle, nhwc), filter.handle, bias.handle, ...extent(call)],
  )
  const [n, height, width] = x.shape as [number, number, number]
  const [channels, , kernel] = filter.shape as [number, number, number]
  const [stride, padding] = [call.attribute<number>('stride'), call.attribute<number>('padding')]
  const size = (length: number) => Math.floor((length + 2 * padding - kernel) / stride) + 1
  return like(x, channelsLast(torch, y, nhwc), [n, size(height), size(width), channels])
}

const convolutionGradient: KernelFunction = call => {
  const { torch } = call
  const [dy, x, filter] = [call.operand('dy'), call.operand('x'), call.operand('filter')]
  const outputs = filter.shape.slice(0, 1)
  const [dx, dfilter, dbias] = torch.callAll(
    'convolution_backward',
    ...[channelsFirst(torch, dy.handle, nhwc), channelsFirst(torch, x.handle, nhwc), filter.handle, outputs],
    ...[...extent(call), [true, true, true]],
  ) as [Handle, Handle, Handle]
  return [like(x, channelsLast(torch, dx, nhwc), x.shape), like(x, dfilter, filter.shape), like(x, dbias, outputs)]
}

const linear: KernelFunction = call => {
  const [x, weight, bias] = [call.operand('x'), call.operand('weight'), call.operand('bias')]
  const shape = [...x.shape.slice(0, -1), weight.shape[0] as number]
  return like(x, call.torch.call('linear', x.handle, weight.handle, bias.handle), shape)
}

const linearGradient: KernelFunction = call => {
  const { torch } = call
  const [dy, x, weight] = [call.operand('dy'), call.operand('x'), call.operand('weight')]
  const rows = ({ handle, shape }: Numbers) =>
    shape.length === 2 ? handle : torch.call('reshape', handle, [sizeOf(shape.slice(0, -1)), shape.at(-1) as number])
  const dx = torch.call('matmul', dy.handle, weight.handle)
  const dweight = torch.call('matmul', torch.call('transpose.int', rows(dy), 0, 1), rows(x))
  const dbias = torch.call('sum.dim_IntList', rows(dy), [0], false, null)
  return [like(x, dx, x.shape), like(x, dweight, weight.shape), like(x, dbias, weight.shape.slice(0, 1))]
}

/** libtorch's fused attention on a CPU takes channels that are neighbours, and does not check that. */
const dense = (torch: Torch, x: Handle): Handle =>
  torch.stride(x, 3) === 1 ? x : torch.call('contiguous', x, contiguousFormat)
const contiguousFormat = 0

const operands = (call: Call, names: readonly string[]) =>
  names.map(name => ({ ...call.operand(name), handle: dense(call.torch, call.operand(name).handle) }))

const attention: KernelFunction = call => {
  const { torch } = call
  const [q, k, v] = operands(call, ['q', 'k', 'v']) as [Numbers, Numbers, Numbers]
  const shape = [...q.shape.slice(0, 3), v.shape[3] as number]
  if (torch.device === 'cpu') {
    const [y, logarithm] = torch.callAll(
      '_scaled_dot_product_flash_attention_for_cpu',
      ...[q.handle, k.handle, v.handle, 0, false, null, null],
    ) as [Handle, Handle]
    return { ...like(q, y, shape), attached: [logarithm] }
  }
  const scaled = torch.call('mul.Tensor', q.handle, scaleOf(torch, q))
  const scores = torch.call('matmul', scaled, torch.call('transpose.int', k.handle, -2, -1))
  const shares = torch.call('_softmax', scores, -1, false)
  return { ...like(q, torch.call('matmul', shares, v.handle), shape), attached: [shares] }
}

const scaleOf = (torch: Torch, { shape }: Numbers): Handle => torch.scalar(1 / Math.sqrt(shape[3] as number), 'float32')

const attentionGradient: KernelFunction = call => {
  const { torch } = call
  const all = operands(call, ['dy', 'q', 'k', 'v']) as [Numbers, Numbers, Numbers, Numbers]
  const [dy, q, k, v] = all
  const y = call.stored('y')
  const [attached] = y.attached as readonly [Handle]
  const gradients =
    torch.device === 'cpu'
      ? torch.callAll(
          '_scaled_dot_product_flash_attention_for_cpu_backward',
          ...[...all.map(({ handle }) => handle), y.handle, attached, 0, false, null, null],
        )
      : formula(torch, { dy, q, k, v, shares: attached })
  return gradients.map((handle, i) => like(q, handle, ([q, k, v][i] as Numbers).shape))
}

function formula(
  torch: Torch,
  { dy, q, k, v, shares }: Readonly<Record<'dy' | 'q' | 'k' | 'v', Numbers>> & { readonly shares: Handle },
): Handle[] {
  const transposed = (x: Handle) => torch.call('transpose.int', x, -2, -1)
  const dshares = torch.call('matmul', dy.handle, transposed(v.handle))
  const type = q.isNarrow ? 'bfloat16' : 'float32'
  const dscores = torch.call(
    'mul.Tensor',
    torch.call('_softmax_backward_data', dshares, shares, -1, scalarTypes[type]),
    scaleOf(torch, q),
  )
  return [
    torch.call('matmul', dscores, k.handle),
    torch.call('matmul', transposed(dscores), q.handle),
    torch.call('matmul', transposed(shares), dy.handle),
  ]
}

export const layerKernels: KernelTable = {
  Convolution: convolution,
  ConvolutionGrad: convolutionGradient,
  Linear: linear,
  LinearGrad: linearGradient,
  Attention: attention,
  AttentionGrad: attentionGradient,
}

/** The gradient of a kernel by `<name>Grad`, whose results are those of the inputs that it names. */
function register(
  kernelName: string,
  names: readonly string[],
  saved: { inputs: readonly string[]; y: boolean },
): void {
  tf.registerGradient({
    kernelName,
    inputsToSave: [...saved.inputs],
    outputsToSave: [saved.y],
    gradFunc: (dy, tensors, attributes) => {
      const named = Object.fromEntries([...saved.inputs, 'y'].map((name, i) => [name, tensors[i]]))
      if (!saved.y) delete named.y
      // at once: what is made inside one of the functions below is disposed of at its end
      const gradients = tf
        .engine()
        .runKernel(`${kernelName}Grad`, { dy, ...named } as never, { ...attributes }) as unknown as tf.Tensor[]
      return Object.fromEntries(names.map((name, i) => [name, () => gradients[i] as tf.Tensor]))
    },
  })
}

export function registerLayerGradients(): void {
  register('Convolution', ['x', 'filter', 'bias'], { inputs: ['x', 'filter'], y: false })
  register('Linear', ['x', 'weight', 'bias'], { inputs: ['x', 'weight'], y: false })
  register('Attention', ['q', 'k', 'v'], { inputs: ['q', 'k', 'v'], y: true })
}
