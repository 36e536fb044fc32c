/** Kernels that map each element. */

import type { Handle, ScalarType } from '../library/libtorch.ts'
import type { Torch } from '../torch.ts'
import { type Call, type KernelFunction, type KernelTable, result } from './call.ts'

type Formula = (torch: Torch, x: Handle, context: { readonly call: Call; readonly dtype: ScalarType }) => Handle

/** On float32; integers become float32 first. */
const onFloats =
  (formula: Formula): KernelFunction =>
  call => {
    const { handle, shape, dtype } = call.input('x')
    if (dtype === 'complex64') return null
    const x = dtype === 'float32' ? handle : call.torch.to(handle, 'float32')
    return result(formula(call.torch, x, { call, dtype: 'float32' }), shape, 'float32')
  }

/** On the type that it gets. */
const onNumbers =
  (formula: Formula): KernelFunction =>
  call => {
    const { handle, shape, dtype } = call.input('x')
    if (dtype === 'bool') return null
    return result(formula(call.torch, handle, { call, dtype }), shape, dtype)
  }

const toBoolean =
  (formula: Formula): KernelFunction =>
  call => {
    const { handle, shape, dtype } = call.input('x')
    return dtype === 'complex64' ? null : result(formula(call.torch, handle, { call, dtype }), shape, 'bool')
  }

const operator =
  (name: string): Formula =>
  (torch, x) =>
    torch.call(name, x)

const float = (torch: Torch, value: number): Handle => torch.scalar(value, 'float32')

/** NaN compares as neither, so it stays. */
const choose = (torch: Torch, x: Handle, { above, below }: Readonly<Record<'above' | 'below', Handle>>): Handle =>
  torch.call('where.self', torch.call('le.Tensor', x, float(torch, 0)), below, above)

export const unaryKernels: KernelTable = {
  ...Object.fromEntries(
    Object.entries({
      Acos: 'acos',
      Acosh: 'acosh',
      Asin: 'asin',
      Asinh: 'asinh',
      Atan: 'atan',
      Atanh: 'atanh',
      Cos: 'cos',
      Cosh: 'cosh',
      Erf: 'erf',
      Exp: 'exp',
      Expm1: 'expm1',
      Log: 'log',
      Log1p: 'log1p',
      Reciprocal: 'reciprocal',
      Rsqrt: 'rsqrt',
      Selu: 'selu',
      Sigmoid: 'sigmoid',
      Sin: 'sin',
      Sinh: 'sinh',
      Sqrt: 'sqrt',
      Tan: 'tan',
      Tanh: 'tanh',
    }).map(([kernel, name]) => [kernel, onFloats(operator(name))]),
  ),
  ...Object.fromEntries(
    Object.entries({ Abs: 'abs', Ceil: 'ceil', Floor: 'floor', Neg: 'neg', Relu: 'relu', Round: 'round' }).map(
      ([kernel, name]) => [kernel, onNumbers(operator(name))],
    ),
  ),
  IsFinite: toBoolean(operator('isfinite')),
  IsInf: toBoolean(operator('isinf')),
  IsNan: toBoolean(operator('isnan')),
  LogicalNot: toBoolean(operator('logical_not')),
  Square: onNumbers((torch, x) => torch.call('mul.Tensor', x, x)),
  Sign: onFloats(operator('sign')),
  Softplus: onFloats((torch, x) => torch.call('logaddexp', x, float(torch, 0))),
  Relu6: onNumbers((torch, x, { dtype }) =>
    torch.call('clamp.Tensor', x, torch.scalar(0, dtype), torch.scalar(6, dtype)),
  ),
  Elu: onFloats((torch, x) => choose(torch, x, { above: x, below: torch.call('expm1', x) })),
  LeakyRelu: onFloats((torch, x, { call }) =>
    choose(torch, x, { above: x, below: torch.call('mul.Tensor', x, float(torch, call.attribute('alpha'))) }),
  ),
  Step: onNumbers((torch, x, { dtype, call }) => {
    const [above, below] = [1, call.attribute<number | undefined>('alpha') ?? 0].map(value =>
      torch.scalar(value, dtype),
    ) as [Handle, Handle]
    return torch.call('where.self', torch.call('isnan', x), x, choose(torch, x, { above, below }))
  }),
  ClipByValue: call => {
    const { handle, shape, dtype } = call.input('x')
    if (dtype === 'bool' || dtype === 'complex64') return null
    const [least, most] = (['clipValueMin', 'clipValueMax'] as const).map(name =>
      call.torch.scalar(call.attribute(name), dtype),
    ) as [Handle, Handle]
    return result(call.torch.call('clamp.Tensor', handle, least, most), shape, dtype)
  },
  ComplexAbs: call => {
    const { handle, shape } = call.input('x')
    return result(call.torch.call('abs', handle), shape, 'float32')
  },
}
