/**
 * What the worker of `loadModel` runs. ONNX Runtime starts the same file for each of its threads, under a name of its own; which of its
 * builds asks is in the address.
 */
import { createOrt } from '../packed/ort.ts'
import type { Port } from './peer.ts'
import { serveModels } from './serve.ts'

if ((globalThis as { readonly name?: string }).name?.startsWith('em-pthread'))
  void createOrt(location.hash === '#webgpu' ? 'webgpu' : 'wasm', { threadScript: location.href.replace(/#.*/, '') })
else serveModels(globalThis as unknown as Port, location.href.replace(/#.*/, ''))
