/** The backends that tfjs-core's specs can be run on here: this package's, that of tfjs-torch, and those they are compared with. */

import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

export interface SuiteBackend {
  /** As it is registered with tfjs. */
  readonly backendName: string
  /** Whether the specs get the gradients that tfjs-core has, or those that come with the backend's package. */
  readonly gradients: 'of tfjs-core' | 'of the backend'
  /** Registers the backend. `from` is a folder where an optional package is installed. */
  load(from: string): Promise<unknown>
}

export const backends = {
  onnx: {
    backendName: 'onnx',
    gradients: 'of the backend',
    load: async () => (await import('../src/index.ts')).useOnnxBackend(),
  },
  cpu: {
    backendName: 'cpu',
    gradients: 'of tfjs-core',
    load: () => import('@tensorflow/tfjs-backend-cpu'),
  },
  wasm: {
    backendName: 'wasm',
    gradients: 'of tfjs-core',
    load: () => import('@tensorflow/tfjs-backend-wasm'),
  },
  'tfjs-node': {
    backendName: 'tensorflow',
    gradients: 'of tfjs-core',
    load: async from => createRequire(join(from, 'index.js'))('@tensorflow/tfjs-node'),
  },
  torch: {
    backendName: 'torch',
    gradients: 'of the backend',
    load: async from =>
      (await import(pathToFileURL(join(from, 'src/index.ts')).href)).useTorchBackend({ device: 'cpu' }),
  },
} as const satisfies Record<string, SuiteBackend>

export type SuiteBackendName = keyof typeof backends
