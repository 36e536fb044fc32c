import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { swiftshader } from '@mixflow/page/swiftshader'
import { folderOf, smallModel } from '@mixflow/test-model'
import { describe, expect, it } from 'vitest'
import { chooseDevice } from './device.ts'

const native = dirname(dirname(createRequire(import.meta.url).resolve('onnxruntime-node')))
const provider = join(native, 'bin', 'napi-v6', process.platform, process.arch, 'libonnxruntime_providers_cuda.so')

describe.skipIf(existsSync(provider))('where CUDA was not set up', () => {
  it('the device is the CPU by itself', async () => {
    expect(await chooseDevice('auto')).toBe('cpu')
    expect(await chooseDevice('cpu')).toBe('cpu')
  })

  it.skipIf(process.platform !== 'linux')('CUDA is refused with what is missing and how to get it', async () => {
    const error = await chooseDevice('cuda').catch(reason => reason)
    expect(error).toMatchObject({ code: 'DEVICE_UNAVAILABLE', details: { device: 'cuda' } })
    expect(error.message).toContain('libonnxruntime_providers_cuda.so is not there')
    expect(error.hint).toContain('mixflow setup cuda')
  })
})

const env = swiftshader()

it.skipIf(env === null)(
  'WebGPU gives the images of the CPU',
  async () => {
    await using folder = await folderOf(await smallModel({ classes: 3 }))
    const script = new URL('fixtures/webgpu-child.ts', import.meta.url).pathname
    const args = ['--import', 'tsx', '--conditions', '@mixflow/source', script, folder.path]
    const output = execFileSync(process.execPath, args, { env: env as NodeJS.ProcessEnv, encoding: 'utf8' })
    const { cpu, webgpu } = JSON.parse(output.trim().split('\n').at(-1) as string)
    expect([cpu.device, webgpu.device]).toEqual(['cpu', 'webgpu'])
    expect([cpu.refused, webgpu.refused]).toEqual(['REQUEST_INVALID', 'REQUEST_INVALID'])
    expect(webgpu.images.length).toBe(cpu.images.length)
    cpu.images.forEach((value: number, i: number) => void expect(webgpu.images[i]).toBeCloseTo(value, 4))
  },
  180_000,
)
