/**
 * A session of onnxruntime-node on WebGPU. Results stay in buffers of the GPU and are fed to later runs as they are, so a training's state
 * crosses to the GPU once. The runtime's own download is not implemented in Node (it ends the process), so an array is read by a session
 * that copies its input to an output on the CPU. Everything is synchronous, as on the CPU.
 */

import { Tensor } from 'onnxruntime-node'
import type binding from 'onnxruntime-node/dist/binding.js'
import { sizeOf } from '../graph/layout.ts'
import { writeModel } from '../graph/model.ts'
import type { Bytes } from '../graph/onnx-format.ts'
import { collectProgram } from '../graph/program.ts'
import { emit, type FedArray, type RemoteArray, type Value } from '../graph/value.ts'
import { newArray } from './buffer-pool.ts'
import type { QueuedSession, RuntimeArray, RuntimePort } from './runtime.ts'

type Native = InstanceType<typeof binding.binding.InferenceSession>
type Location = 'cpu' | 'gpu-buffer'

/** Opens a native session whose results are at a location. */
export type OpenSession = (model: Bytes, location: Location) => Native

/** Runs a native session. @throws OnnxBackendError RUNTIME_FAILED */
export type RunSession = (
  session: Native,
  feeds: Readonly<Record<string, Tensor>>,
  outputs: Readonly<Record<string, Tensor | null>>,
) => Readonly<Record<string, Tensor>>

/** A process that exits with a session open may crash in the driver: they are closed then. (Closing their arrays there crashes as well.) */
const open = new Set<{ dispose(): void }>()
let watching = false

function closeAtExit(session: { dispose(): void }): void {
  open.add(session)
  if (watching) return
  watching = true
  process.once('exit', () => {
    for (const one of [...open]) one.dispose()
  })
}

export class WebgpuSession implements QueuedSession {
  readonly #session: Native
  readonly #reader: Reader
  readonly #run: RunSession

  constructor(session: Native, reader: Reader, run: RunSession) {
    this.#session = session
    this.#reader = reader
    this.#run = run
    closeAtExit(this)
  }

  enqueue(feeds: Readonly<Record<string, RuntimeArray | RemoteArray>>, outputs: readonly RuntimePort[]): WebgpuArray[] {
    const tensors = Object.fromEntries(
      Object.entries(feeds).map(([name, array]) => [name, array instanceof WebgpuArray ? array.tensor : onHost(array)]),
    )
    const results = this.#run(this.#session, tensors, Object.fromEntries(outputs.map(({ name }) => [name, null])))
    return outputs.map(port => new WebgpuArray(results[port.name] as Tensor, port, this.#reader))
  }

  dispose(): void {
    if (open.delete(this)) this.#session.dispose()
  }
}

function onHost(array: RuntimeArray | RemoteArray): Tensor {
  const { type, data, dims } = array as RuntimeArray
  return new Tensor(type, data as Float32Array, dims)
}

/** A result in a buffer of the GPU. */
class WebgpuArray implements RemoteArray {
  readonly tensor: Tensor
  readonly type: RuntimeArray['type']
  readonly dims: readonly number[]
  readonly #reader: Reader

  constructor(tensor: Tensor, { type, dims }: RuntimePort, reader: Reader) {
    this.tensor = tensor
    this.type = type
    this.dims = dims
    this.#reader = reader
  }

  async read(): Promise<FedArray> {
    return this.readSync()
  }

  readSync(): FedArray {
    return this.#reader.read(this)
  }

  dispose(): void {
    this.tensor.dispose()
  }
}

/** Copies arrays to the CPU by graphs of one node, one for each type and rank. */
export class Reader {
  readonly #open: OpenSession
  readonly #run: RunSession
  readonly #sessions = new Map<string, Native>()

  constructor(open: OpenSession, run: RunSession) {
    this.#open = open
    this.#run = run
  }

  read({ tensor, type, dims }: WebgpuArray): FedArray {
    const data = newArray(type, sizeOf(dims))
    if (data.length === 0) return data
    const key = `${type}${dims.length}`
    let session = this.#sessions.get(key)
    if (session === undefined) this.#sessions.set(key, (session = this.#make(type, dims)))
    this.#run(session, { x: tensor }, { y: new Tensor(type, data as Float32Array, dims) })
    return data
  }

  #make(type: RuntimeArray['type'], shape: readonly number[]): Native {
    const input: Value = { shape, type, origin: { kind: 'input', name: 'x', dims: shape }, refCount: 0 }
    const output = emit('Identity', [input], { shape })
    const anySize = shape.map((_, i) => `d${i}`)
    const model = writeModel(collectProgram([output]), {
      inputs: new Map([['x', input]]),
      outputs: new Map([['y', output]]),
      dims: new Map([input, output].map(value => [value, anySize])),
    })
    const session = this.#open(model, 'cpu')
    closeAtExit(session)
    return session
  }
}
