/**
 * Kernels on complex numbers, which ONNX does not have: a complex tensor is two real ones. Linear kernels apply to each part; products,
 * magnitudes and Fourier transforms are written out; all others run on tfjs's cpu backend.
 */

import type { NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core'
import type { OnnxBackend } from '../backend.ts'
import { sizeOf } from '../graph/layout.ts'
import { emit, emitAll, filled, integers, reshaped, scalar, type Value } from '../graph/value.ts'
import { castTo, type Lazy, rowMajor, rowMajorValue } from '../lazy.ts'
import { Call, type Given, type KernelTable, type TensorKernel } from './call.ts'
import { apply, combine, compare, where } from './elementwise.ts'

interface Halves {
  readonly real: Lazy
  readonly imag: Lazy
}

const backendOf = ({ backend }: Given): OnnxBackend => backend as OnnxBackend

const isComplex = (info: TensorInfo | undefined | null): boolean => info?.dtype === 'complex64'

/** The parts of a real or complex tensor. */
function halves(backend: OnnxBackend, info: TensorInfo): Halves {
  if (!isComplex(info)) {
    const real = backend.lazy(info)
    return { real, imag: rowMajor(filled(real.shape, 0, 'float32')) }
  }
  const { real, imag } = backend.parts(info)
  return { real: backend.lazy(real), imag: backend.lazy(imag) }
}

const part =
  (which: keyof Halves): TensorKernel =>
  given =>
    backendOf(given).tensor({ ...halves(backendOf(given), given.inputs.input as TensorInfo)[which] })

/** Applies the kernel for real numbers to each part. */
const onEach =
  (name: string, kernels: KernelTable): TensorKernel =>
  given => {
    const backend = backendOf(given)
    const infos = Object.entries(given.inputs)
    if (!infos.some(([, info]) => isComplex(info))) return null
    const half = (which: keyof Halves): Lazy => {
      const entries = infos.map(([key, info]) => [
        key,
        isComplex(info) ? backend.parts(info as TensorInfo)[which] : info,
      ])
      const inputs = Object.fromEntries(entries) as NamedTensorInfoMap
      return kernels[name]?.(new Call(name, backend, { ...given, inputs })) as Lazy
    }
    return backend.complexTensor(half('real'), half('imag'))
  }

const combined = (op: string, a: Lazy, b: Lazy): Lazy => combine([a, b], ([x, y]) => apply(op, x as Value, y as Value))

const multiply: TensorKernel = given => {
  const { a, b } = given.inputs as Record<'a' | 'b', TensorInfo>
  if (!isComplex(a) && !isComplex(b)) return null
  const backend = backendOf(given)
  const [x, y] = [halves(backend, a), halves(backend, b)]
  const [cosines, sines] = [combined('Mul', x.real, y.real), combined('Mul', x.imag, y.imag)]
  const crossed = [combined('Mul', x.real, y.imag), combined('Mul', x.imag, y.real)] as const
  return backend.complexTensor(combined('Sub', cosines, sines), combined('Add', ...crossed))
}

/** From the ratio of the smaller to the larger part, whose square neither overflows nor underflows. */
const magnitude: TensorKernel = given => {
  const backend = backendOf(given)
  const { real, imag } = halves(backend, given.inputs.x as TensorInfo)
  const result = combine([real, imag], values => {
    const [a, b] = values.map(value => apply('Abs', value)) as [Value, Value]
    const [large, small] = [apply('Max', a, b), apply('Min', a, b)]
    const ratio = apply('Div', small, large)
    const length = apply('Mul', large, apply('Sqrt', apply('Add', apply('Mul', ratio, ratio), scalar(1))))
    return where(compare('Equal', large, scalar(0)), scalar(0), length)
  })
  return backend.tensor(result)
}

/** To complex numbers, or to the real part of complex numbers. */
const cast: TensorKernel = given => {
  const backend = backendOf(given)
  const x = given.inputs.x as TensorInfo
  const dtype = given.attrs?.dtype
  if (!isComplex(x) && dtype !== 'complex64') return null
  if (x.dtype === 'string' || dtype === 'string') return null
  const { real, imag } = halves(backend, x)
  const as = (type: 'float32' | 'int32' | 'bool'): Lazy => ({ ...real, dtype: type, value: castTo(real.value, type) })
  if (dtype === 'complex64') return backend.complexTensor(as('float32'), imag)
  return backend.tensor(as(dtype as 'float32'))
}

/** Along the last dimension, in double precision, because ONNX Runtime's single-precision transform is inaccurate. */
const fourier =
  (inverse: boolean): TensorKernel =>
  given => {
    const backend = backendOf(given)
    const { real, imag } = halves(backend, given.inputs.input as TensorInfo)
    const { shape } = real
    const length = shape.at(-1) as number
    const [batch, split] = [
      [sizeOf(shape) / length, length, 1],
      [sizeOf(shape) / length, length, 2],
    ]
    const columns = [real, imag].map(half => reshaped(rowMajorValue(half), batch))
    const pairs = emit('Concat', columns, { shape: split, attributes: { axis: 2 } })
    const wide = emit('Cast', [pairs], { shape: split, type: 'float64', attributes: { to: 11 } })
    const turned = emit('DFT', [wide], { shape: split, attributes: { axis: 1, inverse: inverse ? 1 : 0 } })
    const narrow = emit('Cast', [turned], { shape: split, type: 'float32', attributes: { to: 1 } })
    const [re, im] = emitAll({
      op: 'Split',
      inputs: [narrow, integers([1, 1])],
      attributes: { axis: 2 },
      outputs: [batch, batch].map(size => ({ shape: size, type: 'float32' })),
    }).map(half => rowMajor(reshaped(half, shape))) as [Lazy, Lazy]
    return backend.complexTensor(re, im)
  }

const linear = ['Add', 'Sub', 'Concat', 'Pack', 'Reshape', 'ExpandDims', 'Transpose', 'Slice', 'Reverse', 'ZerosLike']

/** The kernels of real numbers are what the linear ones do to each half. */
export const complexKernels = (kernels: KernelTable): Readonly<Record<string, TensorKernel>> => ({
  ...Object.fromEntries(linear.map(name => [name, onEach(name, kernels)])),
  Complex: given => {
    const backend = backendOf(given)
    const { real, imag } = given.inputs as Record<keyof Halves, TensorInfo>
    return backend.complexTensor(backend.lazy(real), backend.lazy(imag))
  },
  Real: part('real'),
  Imag: part('imag'),
  Multiply: multiply,
  ComplexAbs: magnitude,
  Cast: cast,
  FFT: fourier(false),
  IFFT: fourier(true),
})
