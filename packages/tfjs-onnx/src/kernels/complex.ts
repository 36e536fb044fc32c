/**
 * Kernels on complex numbers, which ONNX does not have: a complex tensor is two real ones, and most kernels are the real
 * kernel on each. What is not here runs on tfjs's cpu backend or is refused by it.
 */

import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { OnnxBackend } from '../backend.ts'
import type { Given, TensorKernel } from './call.ts'

const backendOf = ({ backend }: Given): OnnxBackend => backend as OnnxBackend

const part =
  (which: 'real' | 'imag'): TensorKernel =>
  given => {
    const backend = backendOf(given)
    const input = given.inputs.input as TensorInfo
    return backend.tensor({ ...backend.lazy(backend.parts(input)[which]) })
  }

export const complexKernels: Readonly<Record<string, TensorKernel>> = {
  Complex: given => {
    const backend = backendOf(given)
    const { real, imag } = given.inputs as Record<'real' | 'imag', TensorInfo>
    return backend.complexTensor(backend.lazy(real), backend.lazy(imag))
  },
  Real: part('real'),
  Imag: part('imag'),
}
