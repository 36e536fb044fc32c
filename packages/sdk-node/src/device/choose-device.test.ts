import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { compiler, crash, makeDriver } from '@mixflow/page/shared-library'
import { swiftshader } from '@mixflow/page/swiftshader'
import { folderOf, smallModel } from '@mixflow/test-model'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { loadModel } from '../load-model.ts'
import { chooseDevice, deviceProblem } from './choose-device.ts'

const native = dirname(dirname(createRequire(import.meta.url).resolve('onnxruntime-node')))
const provider = join(native, 'bin', 'napi-v6', process.platform, process.arch, 'libonnxruntime_providers_cuda.so')

describe.skipIf(existsSync(provider))('where CUDA was not set up', () => {
  it('the default device is the CPU, and a model reports why', async () => {
    await using folder = await folderOf(await smallModel())
    await using model = await loadModel(folder.path)
    expect(model.capabilities()).toMatchObject({ device: 'cpu', note: expect.stringMatching(/^no CUDA: .+; WebGPU/) })
    await using asked = await loadModel(folder.path, { device: 'cpu' })
    expect(asked.capabilities()).toMatchObject({ device: 'cpu' })
    expect(asked.capabilities().note).toBeUndefined()
  })

  it.skipIf(process.platform !== 'linux')('CUDA is refused with what is missing and how to install it', async () => {
    const error = await chooseDevice('cuda').catch(reason => reason)
    expect(error).toMatchObject({ code: 'DEVICE_UNAVAILABLE', details: { device: 'cuda', reason: 'missing' } })
    expect(error.message).toContain('libonnxruntime_providers_cuda.so is not installed')
    expect(error.hint).toContain('mixflow setup cuda')
  })
})

const env = swiftshader()

it.skipIf(env === null)(
  'WebGPU gives the images of the CPU, and is a Sampler',
  async () => {
    await using folder = await folderOf(await smallModel({ classes: 3 }))
    const script = new URL('../fixtures/webgpu-child.ts', import.meta.url).pathname
    const args = ['--import', 'tsx', '--conditions', '@mixflow/source', script, folder.path]
    const output = execFileSync(process.execPath, args, { env: env as NodeJS.ProcessEnv, encoding: 'utf8' })
    const { cpu, webgpu, cases, failed } = JSON.parse(output.trim().split('\n').at(-1) as string)
    expect([cpu.device, webgpu.device]).toEqual(['cpu', 'webgpu'])
    expect([cpu.refused, webgpu.refused]).toEqual(['REQUEST_INVALID', 'REQUEST_INVALID'])
    expect(webgpu.images.length).toBe(cpu.images.length)
    cpu.images.forEach((value: number, i: number) => void expect(webgpu.images[i]).toBeCloseTo(value, 4))
    expect(failed).toEqual([])
    expect(cases).toBeGreaterThan(40)
  },
  180_000,
)

describe.skipIf(env === null || compiler === undefined)('a graphics driver that', () => {
  let scratch: string
  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'mixflow-driver-'))
  })
  afterAll(() => rm(scratch, { recursive: true, force: true }))
  afterEach(() => vi.unstubAllEnvs())

  function useDriver(driver: { readonly name: string; readonly statement: string }): void {
    const variables = { ...env, ...makeDriver({ folder: scratch, ...driver }) }
    for (const [key, value] of Object.entries(variables)) vi.stubEnv(key, value)
  }

  /** The device, chosen anew where that is the only driver of Vulkan there is. */
  async function chooseWith(name: string, statement: string) {
    useDriver({ name, statement })
    vi.resetModules()
    const { chooseDevice } = await import('./choose-device.ts')
    return { chooseDevice, error: await chooseDevice('webgpu').catch(reason => reason) }
  }

  it('crashes ends only a child process, and is not tested twice', async () => {
    const { chooseDevice, error } = await chooseWith('crashing', crash)
    expect(error).toMatchObject({ code: 'DEVICE_UNAVAILABLE', details: { device: 'webgpu', reason: 'crashed' } })
    expect(error.message).toContain('SIGSEGV')
    vi.unstubAllEnvs()
    await expect(chooseDevice('webgpu')).rejects.toMatchObject({ details: { reason: 'crashed' } })
  })

  it('crashes is reported by deviceProblem, which tests it each time', async () => {
    useDriver({ name: 'told', statement: crash })
    expect(await deviceProblem('webgpu')).toEqual({
      reason: 'crashed',
      message: expect.stringContaining('SIGSEGV'),
      hint: 'update its driver',
    })
    useDriver({ name: 'empty', statement: '' })
    expect(await deviceProblem('webgpu')).toMatchObject({
      reason: 'refused',
      message: expect.stringMatching(/adapter/i),
    })
  })

  it('exits silently counts as crashed', async () => {
    const { error } = await chooseWith('ending', 'exit(7);')
    expect(error).toMatchObject({ details: { reason: 'crashed' }, message: expect.stringContaining('exit code 7') })
  })

  it('has no device is refused with ONNX Runtime’s message', async () => {
    const { error } = await chooseWith('empty', '')
    expect(error).toMatchObject({ details: { reason: 'refused' }, message: expect.stringMatching(/adapter/i) })
  })
})
