/**
 * The script of the worker. ONNX Runtime starts the same script for each of its WebAssembly threads, under its own worker name; the hash of
 * the URL says which of its builds the thread belongs to.
 */
import { createOrt } from '../packed/ort.ts'
import type { Port } from './peer.ts'
import { serveModels } from './serve.ts'

if ((globalThis as { readonly name?: string }).name?.startsWith('em-pthread'))
  void createOrt(location.hash === '#webgpu' ? 'webgpu' : 'wasm', { threadScript: location.href.replace(/#.*/, '') })
else serveModels(globalThis as unknown as Port, location.href.replace(/#.*/, ''))
