/** In the sources ONNX Runtime finds its WebAssembly by itself. The build puts read-binary.built.ts in the place of this. */
import type { Device } from '../options.ts'
import type { BinarySource } from './binary.ts'

/** Returns how many bytes `readBinary` downloads. */
export const binaryBytes = (_device: Device, _source: BinarySource): number => 0

/** Returns the WebAssembly for a device; undefined where ONNX Runtime finds it by itself. */
export async function readBinary(
  _device: Device,
  _source: BinarySource,
  _onBytes: (bytes: number) => void,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  return undefined
}
