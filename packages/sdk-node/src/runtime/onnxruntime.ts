/**
 * ONNX Runtime for Node, as this process has it, and the path that another thread or process loads it from.
 *
 * Jest runs tests in a context of their own, with a `Float32Array` of its own, while addons and workers make those of Node; ONNX Runtime
 * takes no array of another context. There it is loaded outside of the context, and arrays change sides with the same memory.
 */
import type { Module } from 'node:module'
import { runInThisContext } from 'node:vm'
import { MixflowError } from '@mixflow/core'
import * as imported from 'onnxruntime-node'
import { loadedModule, resolvePackage } from './resolve-package.ts'

/** Path of the script of onnxruntime-node. @throws MixflowError PACKAGE_MISSING where a bundler has taken it apart. */
export function runtimePath(): string {
  const path = loadedModule(/[\\/]onnxruntime-node[\\/]dist[\\/]index\.js$/) ?? resolvePackage('onnxruntime-node')
  if (path !== undefined) return path
  throw new MixflowError('PACKAGE_MISSING', 'the package onnxruntime-node is not found beside this program', {
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

/** A graph, open in this thread. @throws what ONNX Runtime throws */
export async function openSession(
  bytes: Uint8Array,
  options: imported.InferenceSession.SessionOptions,
): Promise<Session> {
  const session = await InferenceSession.create(asRuntimeHasIt(bytes), options)
  return {
    async run(feeds) {
      const entries = Object.entries(feeds).map(([name, { type, data, dims }]) => {
        return [name, new Tensor(type as 'float32', asRuntimeHasIt(data) as Float32Array, dims)]
      })
      const outputs = await session.run(Object.fromEntries(entries))
      return mapped(outputs, ({ type, dims, data }) => ({ type, dims, data: ofThisContext(data as Numbers) }))
    },
    release: () => session.release(),
  }
}

/** Tensors as another thread has sent them, which are of Node's own context. */
export const receivedTensors = (tensors: Tensors): Tensors =>
  outside === undefined ? tensors : mapped(tensors, tensor => ({ ...tensor, data: ofThisContext(tensor.data) }))

const mapped = <A, B>(record: Readonly<Record<string, A>>, f: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value)]))

type ArrayTypes = Pick<typeof globalThis, 'Float32Array' | 'Int32Array' | 'Uint8Array'>

/** The typed arrays of Node's own context; undefined where this is it. */
const outside = ((): ArrayTypes | undefined => {
  const arrays: ArrayTypes = runInThisContext('({ Float32Array, Int32Array, Uint8Array })')
  return arrays.Float32Array === Float32Array ? undefined : arrays
})()

const { InferenceSession, Tensor } = outside === undefined ? imported : loadedOutside()

function loadedOutside(): typeof imported {
  // in Jest, `require`, `node:module` and `process` are its own; before Node 20.16 the way out is the module that was started
  const { getBuiltinModule, mainModule }: NodeJS.Process = runInThisContext('process')
  const modules = getBuiltinModule?.('node:module') ?? (mainModule?.constructor as typeof Module | undefined)
  return modules === undefined ? imported : modules.createRequire(runtimePath())(runtimePath())
}

const asRuntimeHasIt = <T extends Numbers | Uint8Array>(data: T): T =>
  outside === undefined ? data : sameMemory(data, outside)

const ofThisContext = <T extends Numbers>(data: T): T =>
  outside === undefined ? data : sameMemory(data, { Float32Array, Int32Array, Uint8Array })

function sameMemory<T extends Numbers | Uint8Array>(data: T, types: ArrayTypes): T {
  const { buffer, byteOffset, length } = data
  return new types[data[Symbol.toStringTag]](buffer as ArrayBuffer, byteOffset, length) as T
}
