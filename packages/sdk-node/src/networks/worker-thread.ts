/**
 * One thread of a pool, with its own ONNX Runtime sessions, run by messages. If the thread ends unexpectedly, its pending and
 * later calls fail with WORKER_FAILED.
 */
import { Worker } from 'node:worker_threads'
import { MixflowError } from '@mixflow/core'
import { type PlainTensor, receivedTensors, runtimePath } from '../onnxruntime.ts'

type Tensors = Readonly<Record<string, PlainTensor>>

export interface WorkerGraph {
  readonly id: number
  readonly bytes: Uint8Array
}

/** As text, because the path of a file to start from would differ between the sources and the built package. */
const source = `
const { parentPort, workerData } = require('node:worker_threads')
const { InferenceSession, Tensor } = require(workerData.runtime)
const sessions = new Map()
const tasks = {
  async open({ id, bytes }) {
    sessions.set(id, await InferenceSession.create(bytes, workerData.options))
  },
  async run({ id, feeds }) {
    const tensors = Object.entries(feeds).map(([name, { type, data, dims }]) => [name, new Tensor(type, data, dims)])
    const outputs = await sessions.get(id).run(Object.fromEntries(tensors))
    return Object.fromEntries(Object.entries(outputs).map(([name, { type, dims, data }]) => [name, { type, dims, data }]))
  },
  async release({ id }) {
    const session = sessions.get(id)
    sessions.delete(id)
    await session?.release()
  },
}
parentPort.on('message', async ({ id, task, content }) => {
  try {
    const result = await tasks[task](content)
    parentPort.postMessage({ id, result }, Object.values(result ?? {}).map(({ data }) => data.buffer))
  } catch (error) {
    parentPort.postMessage({ id, problem: String(error && error.message || error) })
  }
})
`

type Reply = { readonly id: number; readonly result?: unknown; readonly problem?: string }

interface PendingCall {
  resolve(result: unknown): void
  reject(error: Error): void
}

export class WorkerThread {
  /** For tests, which terminate it. */
  readonly worker: Worker
  readonly #opened = new Map<number, Promise<unknown>>()
  readonly #pending = new Map<number, PendingCall>()
  #calls = 0
  #failure: MixflowError | undefined

  /** @param options session options of ONNX Runtime */
  constructor(options: object) {
    const runtime = runtimePath()
    // execArgv: without the loaders and debuggers of this thread
    this.worker = new Worker(source, { eval: true, execArgv: [], name: 'mixflow', workerData: { runtime, options } })
    this.worker.unref()
    this.worker.on('message', ({ id, result, problem }: Reply) => {
      const call = this.#takePending(id)
      if (problem === undefined) call?.resolve(result)
      else call?.reject(new Error(problem))
    })
    this.worker.on('error', error => this.#fail(error.message))
    this.worker.on('exit', code => this.#fail(`exit code ${code}`))
  }

  get hasEnded(): boolean {
    return this.#failure !== undefined
  }

  /** Opens a graph once; after a failure, the next call tries again. @throws Error with ONNX Runtime's message; WORKER_FAILED */
  open({ id, bytes }: WorkerGraph): Promise<unknown> {
    const opened =
      this.#opened.get(id) ??
      this.#call('open', { id, bytes }).catch(error => {
        this.#opened.delete(id)
        throw error
      })
    this.#opened.set(id, opened)
    return opened
  }

  async run(graph: WorkerGraph, feeds: Tensors): Promise<Tensors> {
    await this.open(graph)
    return receivedTensors((await this.#call('run', { id: graph.id, feeds })) as Tensors)
  }

  async release({ id }: WorkerGraph): Promise<void> {
    // a thread that has ended holds no session
    if (this.#opened.delete(id)) await this.#call('release', { id }).catch(() => {})
  }

  async end(): Promise<void> {
    await this.worker.terminate()
  }

  /** The thread keeps the process alive only while calls are pending. */
  #call(task: 'open' | 'run' | 'release', content: object): Promise<unknown> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      const id = this.#calls++
      if (this.#pending.size === 0) this.worker.ref()
      this.#pending.set(id, { resolve, reject })
      this.worker.postMessage({ id, task, content })
    })
  }

  #takePending(id: number): PendingCall | undefined {
    const call = this.#pending.get(id)
    this.#pending.delete(id)
    if (this.#pending.size === 0) this.worker.unref()
    return call
  }

  #fail(reason: string): void {
    this.#failure ??= new MixflowError('WORKER_FAILED', `a worker thread of the model ended unexpectedly (${reason})`, {
      hint: 'call again, which starts another thread. If memory ran out, use fewer workers or a smaller batchSize',
    })
    for (const { reject } of this.#pending.values()) reject(this.#failure)
    this.#pending.clear()
  }
}
