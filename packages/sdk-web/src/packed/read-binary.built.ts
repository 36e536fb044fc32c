/**
 * ONNX Runtime's WebAssembly as bytes, downloaded by us: so that progress counts it, and that what a server sends instead, an error
 * or a page, is never taken for it. From the pieces that the package ships, or from a folder of the page's own (`wasmPaths`).
 */
import { MixflowError } from '@mixflow/core'
import { readRemote } from '@mixflow/core/internal'
import { nextTask } from '../local/next-task.ts'
import type { Device } from '../options.ts'
import type { BinarySource, Pieces } from './binary.ts'

/** The version of ONNX Runtime that this package is made of and tested with, and its files. */
export const onnxRuntime = {
  version: '1.30.0',
  files: {
    wasm: {
      path: 'ort-wasm-simd-threaded.wasm',
      bytes: 14_239_897,
      sha256: '3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2',
    },
    webgpu: {
      path: 'ort-wasm-simd-threaded.asyncify.wasm',
      bytes: 26_781_914,
      sha256: '39f9f0894d478800487ed9f7dbe92618498db320cf55c8e3d89adff8dce658da',
    },
  },
} as const

/** Returns how many bytes `readBinary` downloads. */
export function binaryBytes(device: Device, { runtime, pieces }: BinarySource): number {
  return runtime.wasmPaths === undefined ? (pieces(device)?.bytes ?? 0) : onnxRuntime.files[device].bytes
}

/**
 * Returns the WebAssembly for a device.
 *
 * @param onBytes called with the bytes downloaded until now
 * @throws MixflowError DEVICE_UNAVAILABLE, PACKAGE_MISSING
 */
export async function readBinary(
  device: Device,
  { runtime: { wasmPaths }, pieces }: BinarySource,
  onBytes: (bytes: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  if (wasmPaths !== undefined) return fetched(wasmPaths, device, onBytes)
  const packed = pieces(device)
  if (packed !== undefined) return unpack(packed, onBytes)
  throw new MixflowError(
    'DEVICE_UNAVAILABLE',
    `this entry of @mixflow/sdk-web comes without ONNX Runtime for ${device}`,
    {
      hint: 'import loadModel from "@mixflow/sdk-web"',
      details: { device },
    },
  )
}

async function fetched(
  folder: string,
  device: Device,
  onBytes: (bytes: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const file = onnxRuntime.files[device]
  const url = new URL(file.path, folder)
  const place = `ONNX Runtime ${onnxRuntime.version}`
  const content = readRemote({ url, file, place, cache: null, signal: undefined, onBytes }).catch(cause => {
    throw new MixflowError('DEVICE_UNAVAILABLE', `ONNX Runtime cannot be loaded from ${url}: ${cause.message}`, {
      hint: `serve this file of onnxruntime-web@${onnxRuntime.version} there, or leave out runtime.wasmPaths`,
      details: { address: url.href },
      cause,
    })
  })
  return (await content) as Uint8Array<ArrayBuffer>
}

/** How many pieces are asked for at a time. */
const atOnce = 6

async function unpack(pieces: Pieces, onBytes: (bytes: number) => void): Promise<Uint8Array<ArrayBuffer>> {
  const { count, bytes } = pieces
  const read: Promise<string>[] = []
  let done = 0
  const ask = async (index: number) => {
    const piece = await pieces.read(index)
    onBytes((bytes * ++done) / count)
    return piece
  }
  const unzip = new DecompressionStream('gzip')
  const whole = new Response(unzip.readable).arrayBuffer()
  whole.catch(() => {})
  const writer = unzip.writable.getWriter()
  try {
    for (let i = 0; i < count; i++) {
      while (read.length < Math.min(count, i + atOnce)) {
        const next = ask(read.length)
        next.catch(() => {})
        read.push(next)
      }
      await writer.write(fromBase64(await read[i]!))
      await nextTask()
    }
    await writer.close()
  } catch (error) {
    await writer.abort(error).catch(() => {})
    throw error
  }
  return new Uint8Array(await whole)
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const characters = atob(text)
  const bytes = new Uint8Array(characters.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i)
  return bytes
}
