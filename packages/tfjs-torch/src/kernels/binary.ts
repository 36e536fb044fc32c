/** Kernels on two tensors that are broadcast to one shape. */

import type { Numbers } from '../backend.ts'
import type { Handle } from '../library/libtorch.ts'
import type { Torch } from '../torch.ts'
import { broadcast, type KernelFunction, type KernelTable, result, throughDouble } from './call.ts'

type Formula = (torch: Torch, a: Handle, b: Handle) => Handle

const operator =
  (name: string): Formula =>
  (torch, a, b) =>
    torch.call(name, a, b)

/** Of any numbers: floats and complex numbers as they are, integers in float64. */
const arithmetic =
  (formula: Formula): KernelFunction =>
  call =>
    withType(call.torch, call.input('a'), call.input('b'), formula)

/** As `arithmetic`, and of two tensors in bfloat16, in that precision. */
const additive =
  (formula: Formula): KernelFunction =>
  call => {
    const [a, b] = [call.stored('a'), call.stored('b')]
    return a.isNarrow || b.isNarrow ? promoted(call.torch, a, b, formula) : withType(call.torch, a, b, formula)
  }

/** libtorch's rule: the result is bfloat16 if both are, or if the other is a number without dimensions. */
function promoted(torch: Torch, a: Numbers, b: Numbers, formula: Formula): Numbers {
  const isScalar = ({ shape }: Numbers) => shape.length === 0
  const isNarrow = a.isNarrow ? b.isNarrow || (isScalar(b) && !isScalar(a)) : isScalar(a) && !isScalar(b)
  const sum = result(formula(torch, a.handle, b.handle), broadcast(a, b), 'float32')
  return isNarrow ? { ...sum, isNarrow } : sum
}

function withType(torch: Torch, a: Numbers, b: Numbers, formula: Formula): Numbers | null {
  const shape = broadcast(a, b)
  const dtype = a.dtype === 'bool' ? b.dtype : a.dtype
  if (dtype === 'bool') return null
  if (dtype !== 'int32') return result(formula(torch, a.handle, b.handle), shape, dtype)
  return result(
    throughDouble(torch, [a.handle, b.handle], (x, y) => formula(torch, x as Handle, y as Handle)),
    shape,
    dtype,
  )
}

/** Exact on integers by itself. */
const exact =
  (formula: Formula): KernelFunction =>
  call => {
    const [a, b] = [call.input('a'), call.input('b')]
    if (a.dtype === 'bool' && b.dtype === 'bool') return null
    return result(formula(call.torch, a.handle, b.handle), broadcast(a, b), a.dtype)
  }

const comparison =
  (name: string): KernelFunction =>
  call => {
    const [a, b] = [call.input('a'), call.input('b')]
    return result(call.torch.call(name, a.handle, b.handle), broadcast(a, b), 'bool')
  }

const ordered =
  (name: string): KernelFunction =>
  call =>
    call.input('a').dtype === 'complex64' ? null : comparison(name)(call)

export const add: Formula = (torch, a, b) => torch.subtract(a, b, -1)
const subtract: Formula = (torch, a, b) => torch.subtract(a, b)
const product = operator('mul.Tensor')
const multiply = exact(product)

export const binaryKernels: KernelTable = {
  Add: additive(add),
  Sub: additive(subtract),
  AddN: call => call.list().reduce((sum, x) => withType(call.torch, sum, x, add) ?? sum),
  Multiply: call => {
    const [a, b] = [call.stored('a'), call.stored('b')]
    return a.isNarrow || b.isNarrow ? promoted(call.torch, a, b, product) : multiply(call)
  },
  RealDiv: call => {
    const [a, b] = [call.input('a'), call.input('b')]
    return a.dtype === 'float32' || a.dtype === 'complex64'
      ? result(call.torch.call('div.Tensor', a.handle, b.handle), broadcast(a, b), a.dtype)
      : null
  },
  FloorDiv: arithmetic((torch, a, b) => torch.call('floor', torch.call('div.Tensor', a, b))),
  Mod: arithmetic(operator('remainder.Tensor')),
  Pow: call => {
    const [a, b] = [call.input('a'), call.input('b')]
    return a.dtype === 'complex64' ? null : withType(call.torch, a, b, operator('pow.Tensor_Tensor'))
  },
  Maximum: exact(operator('maximum')),
  Minimum: exact(operator('minimum')),
  Atan2: arithmetic(operator('atan2')),
  SquaredDifference: arithmetic((torch, a, b) => {
    const difference = torch.subtract(a, b)
    return torch.call('mul.Tensor', difference, difference)
  }),
  BitwiseAnd: exact(operator('bitwise_and.Tensor')),
  Equal: comparison('eq.Tensor'),
  NotEqual: comparison('ne.Tensor'),
  Greater: ordered('gt.Tensor'),
  GreaterEqual: ordered('ge.Tensor'),
  Less: ordered('lt.Tensor'),
  LessEqual: ordered('le.Tensor'),
  LogicalAnd: comparison('logical_and'),
  LogicalOr: comparison('logical_or'),
  Prelu: call => {
    const { torch } = call
    const [x, alpha] = [call.input('x'), call.input('alpha')]
    if (x.dtype !== 'float32') return null
    const below = torch.call('mul.Tensor', x.handle, alpha.handle)
    const isBelow = torch.call('lt.Tensor', x.handle, torch.scalar(0, 'float32'))
    return result(torch.call('where.self', isBelow, below, x.handle), broadcast(x, alpha), 'float32')
  },
  EluGrad: call => {
    const { torch } = call
    const [dy, y] = [call.input('dy'), call.input('y')]
    const slope = add(torch, y.handle, torch.scalar(1, 'float32'))
    const below = torch.call('mul.Tensor', dy.handle, slope)
    const isAbove = torch.call('ge.Tensor', y.handle, torch.scalar(0, 'float32'))
    return result(torch.call('where.self', isAbove, dy.handle, below), y.shape, 'float32')
  },
  Select: call => {
    const { torch } = call
    const [condition, t, e] = [call.input('condition'), call.input('t'), call.input('e')]
    // a condition of rank 1 chooses rows
    const rows = condition.shape.length === 1 && t.shape.length > 1
    const mask = rows
      ? torch.call('reshape', condition.handle, [condition.shape[0] as number, ...t.shape.slice(1).map(() => 1)])
      : condition.handle
    return result(torch.call('where.self', mask, t.handle, e.handle), t.shape, t.dtype)
  },
  Complex: call => {
    const { handle, shape } = call.input('real')
    return result(call.torch.call('complex', handle, call.input('imag').handle), shape, 'complex64')
  },
}
