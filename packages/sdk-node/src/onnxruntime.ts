/**
 * Sessions of ONNX Runtime for Node, and the path that other threads and processes load it from.
 *
 * Jest runs tests in a VM context with its own `Float32Array`, while addons and workers create arrays of Node's main context, and
 * ONNX Runtime refuses arrays of another context. In such a context it is loaded from the main one, and arrays are rewrapped
 * over the same memory in both directions.
 */
import type { Module } from 'node:module'
import { runInThisContext } from 'node:vm'
import { MixflowError } from '@mixflow/core'
import * as imported from 'onnxruntime-node'
import { loadedModule, resolvePackage } from './resolve-package.ts'

/** Returns the path of onnxruntime-node's entry script. @throws MixflowError PACKAGE_MISSING if a bundler inlined the package */
export function runtimePath(): string {
  const path = loadedModule(/[\\/]onnxruntime-node[\\/]dist[\\/]index\.js$/) ?? resolvePackage('onnxruntime-node')
  if (path !== undefined) return path
  throw new MixflowError('PACKAGE_MISSING', 'the package onnxruntime-node was not found', {
    hint: 'leave onnxruntime-node out of the bundle (esbuild: --external:onnxruntime-node) and deploy node_modules/onnxruntime-node and onnxruntime-common with it',
    details: { package: 'onnxruntime-node' },
  })
}

type Numbers = Float32Array | Int32Array

export interface PlainTensor {
  readonly type: string
  readonly dims: readonly number[]
  readonly data: Numbers
}

type Tensors = Readonly<Record<string, PlainTensor>>

export interface Session {
  run(feeds: Tensors): Promise<Tensors>
  release(): Promise<void>
}

/** Opens a graph in this thread. @throws what ONNX Runtime throws */
export async function openSession(
  bytes: Uint8Array,
  options: imported.InferenceSession.SessionOptions,
): Promise<Session> {
  const session = await InferenceSession.create(toRuntime(bytes), options)
  return {
    async run(feeds) {
      const entries = Object.entries(feeds).map(([name, { type, data, dims }]) => {
        return [name, new Tensor(type as 'float32', toRuntime(data) as Float32Array, dims)]
      })
      const outputs = await session.run(Object.fromEntries(entries))
      return mapValues(outputs, ({ type, dims, data }) => ({ type, dims, data: fromRuntime(data as Numbers) }))
    },
    release: () => session.release(),
  }
}

/** Rewraps tensors that another thread sent, which belong to Node's main context. */
export const receivedTensors = (tensors: Tensors): Tensors =>
  mainContext === undefined ? tensors : mapValues(tensors, tensor => ({ ...tensor, data: fromRuntime(tensor.data) }))

const mapValues = <A, B>(record: Readonly<Record<string, A>>, f: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value)]))

type ArrayTypes = Pick<typeof globalThis, 'Float32Array' | 'Int32Array' | 'Uint8Array'>

/** The typed arrays of Node's main context; undefined where this is it. */
const mainContext = ((): ArrayTypes | undefined => {
  const arrays: ArrayTypes = runInThisContext('({ Float32Array, Int32Array, Uint8Array })')
  return arrays.Float32Array === Float32Array ? undefined : arrays
})()

const { InferenceSession, Tensor } = mainContext === undefined ? imported : loadInMainContext()

function loadInMainContext(): typeof imported {
  // Jest replaces `require`, `node:module` and `process`; before Node 20.16 the main module leads to Node's own
  const { getBuiltinModule, mainModule }: NodeJS.Process = runInThisContext('process')
  const modules = getBuiltinModule?.('node:module') ?? (mainModule?.constructor as typeof Module | undefined)
  return modules === undefined ? imported : modules.createRequire(runtimePath())(runtimePath())
}

const toRuntime = <T extends Numbers | Uint8Array>(data: T): T =>
  mainContext === undefined ? data : sameMemory(data, mainContext)

const fromRuntime = <T extends Numbers>(data: T): T =>
  mainContext === undefined ? data : sameMemory(data, { Float32Array, Int32Array, Uint8Array })

function sameMemory<T extends Numbers | Uint8Array>(data: T, types: ArrayTypes): T {
  const { buffer, byteOffset, length } = data
  return new types[data[Symbol.toStringTag]](buffer as ArrayBuffer, byteOffset, length) as T
}
