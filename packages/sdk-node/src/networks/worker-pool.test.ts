/** What is the pool's own; that a model over one is a Sampler, the conformance suite says (node-model.test.ts). */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Worker } from 'node:worker_threads'
import type { Manifest, SampleRequest } from '@mixflow/core'
import { folderOf, smallModel } from '@mixflow/test-model'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { loadModel } from '../load-model.ts'
import { NodeModel } from '../node-model.ts'
import { WorkerPool } from './worker-pool.ts'

const files = await smallModel({ classes: 3 })
const folder = await folderOf(files)
afterAll(() => folder[Symbol.asyncDispose]())
const manifest = JSON.parse(new TextDecoder().decode(files.get('mixflow.json'))) as Manifest
const graph = { file: manifest.files[0]!, ports: manifest.networks.denoiser }

let open: { readonly model: NodeModel; readonly pool: WorkerPool }
/** A model over a pool that the test holds. */
async function openModel(workers: number) {
  const pool = new WorkerPool({ workers, threads: 1 })
  const denoiser = await pool.open(files.get('denoiser.onnx')!, graph)
  const release = async () => {
    await denoiser.release()
    await pool.close()
  }
  const runtime = { device: 'cpu', dtype: 'float32' } as const
  open = { pool, model: new NodeModel({ manifest, denoiser, queue: pool.queue, runtime, release }) }
  return open
}
afterEach(() => open.model.dispose())

const numbers = async (model: NodeModel, request: SampleRequest) =>
  (await model.sample(request)).images.map(({ index, label, data }) => ({ index, label, data: [...data] }))

describe('a pool', () => {
  it.each<SampleRequest>([
    { count: 30, seed: 4, batchSize: 4, steps: 3 },
    { count: 30, seed: 4, batchSize: 1, guidance: 1.5, solver: 'rk4', steps: 2 },
    { count: 9, seed: 5, firstImage: 3, solver: 'dopri5', tolerance: 1e-2, perImage: true },
    { count: 10, seed: 6 },
  ])('gives the images of one thread, bit for bit: %j', async request => {
    const { model } = await openModel(3)
    await using alone = await loadModel(folder.path, { device: 'cpu' })
    const together = await numbers(model, request)
    expect(together).toEqual(await numbers(alone, request))
    expect(together.map(({ index }) => index)).toEqual(together.map((_, i) => i + (request.firstImage ?? 0)))
  })

  it('uses all its threads', async () => {
    const { model, pool } = await openModel(3)
    let [running, most] = [0, 0]
    for (const { thread } of pool.slots) {
      const { run } = thread
      thread.run = async (...all) => {
        most = Math.max(most, ++running)
        return run.apply(thread, all).finally(() => running--)
      }
    }
    await Promise.all([model.sample({ count: 8, batchSize: 1, seed: 1 }), model.sample({ count: 1, seed: 2 })])
    expect(most).toBe(3)
  })

  it.each<[string, (worker: Worker) => unknown]>([
    ['is ended', worker => worker.terminate()],
    ['meets an error that nobody catches', worker => worker.postMessage(null)],
  ])('whose thread %s: its evaluation fails, no other does, and another thread takes its place', async (_, end) => {
    const { model, pool } = await openModel(2)
    const before = await numbers(model, { count: 2, seed: 7 })
    const dying = pool.slots[1]!.thread
    const { run } = dying
    let runs = 0
    dying.run = (...all) => {
      if (++runs === 3) end(dying.worker)
      return run.apply(dying, all)
    }
    const calls = Array.from({ length: 6 }, (_, seed) => model.sample({ seed, solver: 'euler', steps: 20 }))
    const failed = (await Promise.allSettled(calls)).filter(({ status }) => status === 'rejected')
    expect(failed).toHaveLength(1)
    expect(failed[0]).toMatchObject({ reason: { code: 'WORKER_FAILED', hint: expect.stringContaining('call again') } })
    expect(pool.slots[1]!.thread).not.toBe(dying)
    expect(await numbers(model, { count: 2, seed: 7 })).toEqual(before)
  })

  it('can be disposed of while its threads are ending', async () => {
    const { model, pool } = await openModel(2)
    for (const { thread } of pool.slots) void thread.worker.terminate()
    await model.dispose()
    expect(pool.slots.every(({ thread }) => thread.hasEnded)).toBe(true)
  })

  it('is closed if its threads cannot open a graph', async () => {
    const pool = new WorkerPool({ workers: 2, threads: 1 })
    await expect(pool.open(new TextEncoder().encode('no graph'), graph)).rejects.toMatchObject({
      code: 'MODEL_INVALID',
    })
    await pool.close()
    expect(pool.slots.every(({ thread }) => thread.hasEnded)).toBe(true)
    await openModel(1)
  })

  it('keeps a process alive only while calls are pending', async () => {
    const script = fileURLToPath(new URL('../fixtures/pool-child.ts', import.meta.url))
    const args = ['--import', 'tsx', '--conditions', '@mixflow/source', script, folder.path]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    expect(JSON.parse(stdout)).toEqual({ device: 'cpu', images: 8 })
  })
})
