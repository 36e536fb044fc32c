/**
 * ONNX Runtime as the package contains it. Its script is a function that creates an instance, because an instance remembers a failed
 * start. Its WebAssembly is downloaded here, from the package's modules or from `wasmPaths`, so that progress counts it and a server's
 * error page is not mistaken for it.
 */
import { MixflowError } from '@mixflow/core'
import { readRemote } from '@mixflow/core/internal'
import { importWithRetry } from '../import-with-retry.ts'
import { nextTask } from '../local/next-task.ts'
import type { Device, PlainOptions } from '../options.ts'
import type { BinarySource, Pieces } from './binary.ts'
import type { Ort } from './ort.ts'

/** @throws MixflowError PACKAGE_MISSING */
export async function createOrt(device: Device, { threadScript }: PlainOptions['runtime']): Promise<Ort> {
  const { create } = await importWithRetry(() =>
    device === 'webgpu' ? import('../bundle/ort-webgpu.js') : import('../bundle/ort-wasm.js'),
  )
  const ort = create(threadScript && `${threadScript}#${device}`)
  if (threadScript === undefined) ort.env.wasm.numThreads = 1
  return ort
}

/** The version of ONNX Runtime that this package contains and is tested with, and its files. */
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

/** Returns the number of bytes that `readBinary` downloads. */
export function binaryBytes(device: Device, { runtime, pieces }: BinarySource): number {
  return runtime.wasmPaths === undefined ? (pieces(device)?.bytes ?? 0) : onnxRuntime.files[device].bytes
}

/**
 * Returns the WebAssembly for a device.
 *
 * @param onBytes called with the number of bytes downloaded so far
 * @throws MixflowError DEVICE_UNAVAILABLE, PACKAGE_MISSING
 */
export async function readBinary(
  device: Device,
  { runtime: { wasmPaths }, pieces }: BinarySource,
  onBytes: (bytes: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  if (wasmPaths !== undefined) return download(wasmPaths, device, onBytes)
  const packed = pieces(device)
  if (packed !== undefined) return unpack(packed, onBytes)
  const message = `this entry point of @mixflow/sdk-web does not contain ONNX Runtime for ${device}`
  throw new MixflowError('DEVICE_UNAVAILABLE', message, {
    hint: 'import loadModel from "@mixflow/sdk-web"',
    details: { device },
  })
}

async function download(folder: string, device: Device, onBytes: (bytes: number) => void) {
  const file = onnxRuntime.files[device]
  const url = new URL(file.path, folder)
  const location = `ONNX Runtime ${onnxRuntime.version}`
  const content = readRemote({ url, file, location, cache: null, signal: undefined, onBytes }).catch(cause => {
    throw new MixflowError('DEVICE_UNAVAILABLE', `ONNX Runtime cannot be loaded from ${url}: ${cause.message}`, {
      hint: `serve this file of onnxruntime-web@${onnxRuntime.version} there, or leave out runtime.wasmPaths`,
      details: { address: url.href },
      cause,
    })
  })
  return (await content) as Uint8Array<ArrayBuffer>
}

/** Number of pieces that are requested at the same time. */
const concurrency = 6

async function unpack(pieces: Pieces, onBytes: (bytes: number) => void): Promise<Uint8Array<ArrayBuffer>> {
  const { count, bytes } = pieces
  const requests: Promise<string>[] = []
  let received = 0
  const request = async (index: number) => {
    const piece = await pieces.read(index)
    onBytes((bytes * ++received) / count)
    return piece
  }
  const unzip = new DecompressionStream('gzip')
  const unpacked = new Response(unzip.readable).arrayBuffer()
  unpacked.catch(() => {})
  const writer = unzip.writable.getWriter()
  try {
    for (let i = 0; i < count; i++) {
      while (requests.length < Math.min(count, i + concurrency)) {
        const next = request(requests.length)
        next.catch(() => {})
        requests.push(next)
      }
      await writer.write(fromBase64(await requests[i]!))
      await nextTask()
    }
    await writer.close()
  } catch (error) {
    await writer.abort(error).catch(() => {})
    throw error
  }
  return new Uint8Array(await unpacked)
}

/** A loop, because `Uint8Array.from` of a string is several times slower. */
function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const characters = atob(text)
  const bytes = new Uint8Array(characters.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i)
  return bytes
}
