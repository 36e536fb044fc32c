/** Loads tfjs's WebAssembly backend and adds the kernel it lacks. In Node it has one thread. */

import { MixflowError } from '@mixflow/core'
import * as tf from '@tensorflow/tfjs-core'
import { findPackage } from '../optional-package.ts'
import { registerFilterGradient } from './filter-gradient.ts'

const packageName = '@tensorflow/tfjs-backend-wasm'

/**
 * Makes it the current backend of tfjs.
 *
 * @throws MixflowError PACKAGE_MISSING, or DEVICE_UNAVAILABLE if it cannot be started.
 */
export async function loadWasm(): Promise<void> {
  if (tf.findBackendFactory('wasm') === null) {
    const [found] = findPackage(packageName)
    if (found === undefined) {
      throw new MixflowError('PACKAGE_MISSING', `${packageName} is not installed`, {
        hint: `npm install ${packageName}`,
        details: { package: packageName },
      })
    }
    found.load()
  }
  registerFilterGradient('wasm')
  if (await tf.setBackend('wasm')) return
  throw new MixflowError('DEVICE_UNAVAILABLE', 'the WebAssembly backend of TensorFlow.js cannot be started', {
    hint: 'use a Node with WebAssembly (not --jitless), or another --backend',
  })
}
