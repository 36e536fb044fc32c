/** What models of the same files share, seen in the sessions that ONNX Runtime is asked for. */
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { folderOf, smallModel } from '@mixflow/test-model'
import { InferenceSession } from 'onnxruntime-node'
import { afterAll, afterEach, expect, it, vi } from 'vitest'
import { type LoadModelOptions, loadModel } from '../load-model.ts'

const source = {
  kappa: 'image',
  gaussian: 'mean-variance',
  mixing: 'distribution',
  tanh: false,
  conditionOnWeight: false,
  klWeight: 0,
} as const
const folder = await folderOf(await smallModel({ classes: 2, half: true, source }))
afterAll(() => folder[Symbol.asyncDispose]())

const load = (options: LoadModelOptions = {}) => loadModel(folder.path, { device: 'cpu', ...options })

/** Sessions that are made from now on, and those of them that were released. */
function sessions() {
  const made: InferenceSession[] = []
  const released: InferenceSession[] = []
  const { create } = InferenceSession
  vi.spyOn(InferenceSession, 'create').mockImplementation(async (...all: unknown[]) => {
    const session = await (create as (...all: unknown[]) => Promise<InferenceSession>)(...all)
    const { release } = session
    session.release = () => {
      released.push(session)
      return release.call(session)
    }
    made.push(session)
    return session
  })
  return { made, released }
}
afterEach(() => void vi.restoreAllMocks())

it('models of the same files share one session until the last is disposed of', async () => {
  const { made, released } = sessions()
  await using copy = await folderOf(new Map())
  await cp(folder.path, join(copy.path, 'm'), { recursive: true })
  const [a, b] = await Promise.all([load(), loadModel(join(copy.path, 'm'), { device: 'cpu' })])
  expect(made).toHaveLength(1)
  const { images } = await a.sample({ seed: 1, label: 1 })
  for (const model of [a, b]) await model.variations(images[0]!, { seed: 1 })
  expect(made).toHaveLength(2)

  await a.dispose()
  await a.dispose()
  expect(released).toEqual([])
  expect((await b.sample({ seed: 1, label: 1 })).images[0]!.data).toEqual(images[0]!.data)
  await b.dispose()
  expect(released).toEqual(made)

  await using again = await load()
  expect(made).toHaveLength(3)
  expect((await again.sample({ seed: 1, label: 1 })).images[0]!.data).toEqual(images[0]!.data)
})

it('other parameters or numbers of threads have separate sessions', async () => {
  const { made } = sessions()
  await using _ = await load()
  await using __ = await load({ threads: 1 })
  await using ___ = await load({ dtype: 'float16' })
  await using ____ = await load({ dtype: 'float32' })
  expect(made).toHaveLength(3)
})

it('a session that failed to open is tried again', async () => {
  vi.spyOn(InferenceSession, 'create').mockRejectedValueOnce(new Error('no memory'))
  await expect(load()).rejects.toMatchObject({ code: 'MODEL_INVALID', message: expect.stringContaining('no memory') })
  await using model = await load()
  vi.spyOn(InferenceSession, 'create').mockRejectedValueOnce(new Error('no memory'))
  const { images } = await model.sample({ seed: 1 })
  await expect(model.variations(images[0]!)).rejects.toMatchObject({ code: 'MODEL_INVALID' })
  expect((await model.variations(images[0]!)).images).toHaveLength(1)
})

it('an abort while a session is opened releases it', async () => {
  const { made, released } = sessions()
  const controller = new AbortController()
  const loading = load({
    signal: controller.signal,
    onProgress: ({ phase }) => phase === 'session' && controller.abort(),
  })
  await expect(loading).rejects.toMatchObject({ code: 'ABORTED' })
  expect(made).toHaveLength(1)
  expect(released).toEqual(made)
})

it('models that share networks take turns; disposing of one neither waits for the calls of another nor ends them', async () => {
  const [a, b] = [await load(), await load()]
  let longSteps = 0
  const long = a.sample({ seed: 1, solver: 'euler', steps: 100, guidance: 0, onStep: () => void longSteps++ })
  await b.sample({ seed: 2, solver: 'euler', steps: 5, guidance: 0 })
  await b.dispose()
  expect(longSteps).toBeGreaterThan(2)
  expect(longSteps).toBeLessThan(20)
  await long
  await a.dispose()
})
