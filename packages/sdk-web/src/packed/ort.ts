/** ONNX Runtime's script for the sources: the modules of `onnxruntime-web`. The build puts ort.built.ts in its place. */
import type { Device, PlainOptions } from '../options.ts'

export type Ort = Pick<typeof import('onnxruntime-web/wasm'), 'InferenceSession' | 'Tensor' | 'env'>

/**
 * Returns ONNX Runtime's build for the device: `/webgpu` for GPUs, `/wasm`, half as large, for the processor. They are instances
 * apart, so that the processor still works where the GPU took the other one down.
 */
export async function createOrt(device: Device, { wasmPaths }: PlainOptions['runtime']): Promise<Ort> {
  const ort: Ort = await (device === 'webgpu' ? import('onnxruntime-web/webgpu') : import('onnxruntime-web/wasm'))
  if (wasmPaths !== undefined) ort.env.wasm.wasmPaths = wasmPaths
  return ort
}
