/**
 * One thread of a pool: sessions of its own, which it runs when asked by a message. It knows nothing of sampling. Should it end
 * by itself, all that it was asked fails with WORKER_FAILED, and so does what it is asked later.
 */
import { Worker } from 'node:worker_threads'
import { MixflowError } from '@mixflow/core'
import { type PlainTensor, receivedTensors, runtimePath } from '../runtime/onnxruntime.ts'

type Tensors = Readonly<Record<string, PlainTensor>>

export interface PoolGraph {
  readonly id: number
  readonly bytes: Uint8Array
}

/** Text, because the file that a thread starts from would be another one in the sources than in the built package. */
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
parentPort.on('message', async ({ question, task, content }) => {
  try {
    const answer = await tasks[task](content)
    parentPort.postMessage({ question, answer }, Object.values(answer ?? {}).map(({ data }) => data.buffer))
  } catch (error) {
    parentPort.postMessage({ question, problem: String(error && error.message || error) })
  }
})
`

type Answer = { readonly question: number; readonly answer?: unknown; readonly problem?: string }

interface Asked {
  resolve(answer: unknown): void
  reject(error: Error): void
}

export class PoolThread {
  /** For tests, which end it. */
  readonly worker: Worker
  readonly #opened = new Map<number, Promise<unknown>>()
  readonly #asked = new Map<number, Asked>()
  #questions = 0
  #failure: MixflowError | undefined

  /** @param options of its sessions */
  constructor(options: object) {
    const runtime = runtimePath()
    // loaders and debuggers of this thread are none of its business
    this.worker = new Worker(source, { eval: true, execArgv: [], name: 'mixflow', workerData: { runtime, options } })
    this.worker.unref()
    this.worker.on('message', ({ question, answer, problem }: Answer) => {
      const asked = this.#settle(question)
      if (problem === undefined) asked?.resolve(answer)
      else asked?.reject(new Error(problem))
    })
    this.worker.on('error', error => this.#fail(error.message))
    this.worker.on('exit', code => this.#fail(`exit code ${code}`))
  }

  get hasEnded(): boolean {
    return this.#failure !== undefined
  }

  /** Once, however often it is asked, unless it fails. @throws what ONNX Runtime says, as an Error; WORKER_FAILED */
  open({ id, bytes }: PoolGraph): Promise<unknown> {
    const opened =
      this.#opened.get(id) ??
      this.#ask('open', { id, bytes }).catch(error => {
        this.#opened.delete(id)
        throw error
      })
    this.#opened.set(id, opened)
    return opened
  }

  async run(graph: PoolGraph, feeds: Tensors): Promise<Tensors> {
    await this.open(graph)
    return receivedTensors((await this.#ask('run', { id: graph.id, feeds })) as Tensors)
  }

  async release({ id }: PoolGraph): Promise<void> {
    // of a thread that has ended nothing is left
    if (this.#opened.delete(id)) await this.#ask('release', { id }).catch(() => {})
  }

  async end(): Promise<void> {
    await this.worker.terminate()
  }

  /** Only who waits for it is kept alive by it. */
  #ask(task: 'open' | 'run' | 'release', content: object): Promise<unknown> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      const question = this.#questions++
      if (this.#asked.size === 0) this.worker.ref()
      this.#asked.set(question, { resolve, reject })
      this.worker.postMessage({ question, task, content })
    })
  }

  #settle(question: number): Asked | undefined {
    const asked = this.#asked.get(question)
    this.#asked.delete(question)
    if (this.#asked.size === 0) this.worker.unref()
    return asked
  }

  #fail(reason: string): void {
    this.#failure ??= new MixflowError('WORKER_FAILED', `a worker thread of the model ended by itself (${reason})`, {
      hint: 'call again: another one takes its place. If it ran out of memory, use fewer workers or a smaller batchSize',
    })
    for (const { reject } of this.#asked.values()) reject(this.#failure)
    this.#asked.clear()
  }
}
