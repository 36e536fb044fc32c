/**
 * ONNX Runtime's script and its WebAssembly. The sources import `onnxruntime-web`, which finds its WebAssembly itself. The build replaces
 * this file by ort.built.ts and the two files beside it, so that the package contains both as JavaScript modules: every bundler,
 * development server and CDN copies modules without configuration.
 */
import type { Device, PlainOptions } from '../options.ts'
import type { BinarySource } from './binary.ts'

export type Ort = Pick<typeof import('onnxruntime-web/wasm'), 'InferenceSession' | 'Tensor' | 'env'>

/**
 * Returns ONNX Runtime's build for the device: `/webgpu`, or the smaller `/wasm`. They are separate instances, so the CPU still works
 * after the GPU's instance has crashed.
 */
export async function createOrt(device: Device, { wasmPaths }: PlainOptions['runtime']): Promise<Ort> {
  const ort: Ort = await (device === 'webgpu' ? import('onnxruntime-web/webgpu') : import('onnxruntime-web/wasm'))
  if (wasmPaths !== undefined) ort.env.wasm.wasmPaths = wasmPaths
  return ort
}

/** Returns the number of bytes that `readBinary` downloads. */
export const binaryBytes = (_device: Device, _source: BinarySource): number => 0

/** Returns the WebAssembly for a device; undefined if ONNX Runtime finds it itself. */
export async function readBinary(
  _device: Device,
  _source: BinarySource,
  _onBytes: (bytes: number) => void,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  return undefined
}
