import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compiler } from '@mixflow/page/shared-library'
import { swiftshader } from '@mixflow/page/swiftshader'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, describe, expect, it } from 'vitest'
import { useOnnxBackend } from '../use-onnx-backend.ts'
import { missingLibraries, nativeFolder } from './node-device.ts'

const root = mkdtempSync(join(tmpdir(), 'mixflow-device-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('devices in Node', () => {
  it('are the CPU by default, and with `auto` where nothing better is available', async () => {
    expect((await useOnnxBackend()).device).toBe('cpu')
    expect((await useOnnxBackend({ device: 'auto' })).runtime.note).toBeUndefined()
  })

  it('stay as they are, unless another is asked for', async () => {
    const backend = await useOnnxBackend({ device: 'cpu' })
    expect(await useOnnxBackend()).toBe(backend)
    expect(await useOnnxBackend({ device: 'auto' })).toBe(backend)
  })

  it.skipIf(existsSync(join(nativeFolder(), 'libonnxruntime_providers_cuda.so')) || process.platform !== 'linux')(
    'tell what CUDA lacks, and how to get it',
    async () => {
      const error = await useOnnxBackend({ device: 'cuda' }).catch(reason => reason)
      expect(error).toMatchObject({ code: 'RUNTIME_MISSING', hint: expect.stringContaining('setup cuda') })
      expect(error.message).toContain('libonnxruntime_providers_cuda.so is missing')
    },
  )

  it('are not changed under tensors', async () => {
    const x = tf.tensor1d([1, 2])
    const runtime = { ...(await useOnnxBackend()).runtime }
    await expect(useOnnxBackend({ runtime })).rejects.toMatchObject({
      message: expect.stringMatching(/still holds 1 tensor/),
    })
    x.dispose()
    expect((await useOnnxBackend({ runtime })).runtime).toBe(runtime)
    const sum = tf.tidy(() => tf.sum(tf.tensor1d([1, 2])).dataSync()[0])
    expect(sum).toBe(3)
  })
})

it.skipIf(process.platform !== 'linux' || compiler === undefined)(
  'the libraries that a library lacks are listed',
  () => {
    const build = (name: string, ...links: string[]) => {
      writeFileSync(join(root, `${name}.c`), `int ${name}(void) { return 1; }`)
      const args = ['-shared', '-fPIC', '-Wl,--no-as-needed', '-o', `lib${name}.so`, `${name}.c`, '-L.']
      execFileSync(compiler as string, [...args, ...links.map(link => `-l${link}`)], { cwd: root })
    }
    build('gone')
    build('lost')
    build('here', 'gone', 'lost')
    const library = join(root, 'libhere.so')
    expect(missingLibraries(library, '')).toEqual(['libgone.so', 'liblost.so'])
    expect(missingLibraries(library, root)).toEqual([])
    rmSync(join(root, 'libgone.so'))
    expect(missingLibraries(library, root)).toEqual(['libgone.so'])
  },
)

const env = swiftshader()

it.skipIf(env === null)(
  'WebGPU trains as the CPU does, with its state on the device, and leaves nothing behind',
  () => {
    const script = new URL('../fixtures/webgpu-child.ts', import.meta.url).pathname
    const args = ['--import', 'tsx', '--conditions', '@mixflow/source', script]
    const output = execFileSync(process.execPath, args, { env: env as NodeJS.ProcessEnv, encoding: 'utf8' })
    const { cpu, webgpu } = JSON.parse(output.trim().split('\n').at(-1) as string)
    expect([cpu.device, webgpu.device]).toEqual(['cpu', 'webgpu'])
    expect([cpu.left, webgpu.left]).toEqual([0, 0])
    for (const name of ['recorded', 'compiled']) {
      expect(cpu[name].at(-1)).toBeLessThan(0.8 * cpu[name][0])
      cpu[name].forEach((value: number, i: number) => void expect(webgpu[name][i]).toBeCloseTo(value, 4))
    }
    // of each step but the first, a batch crosses to the device (and a few constants), and the loss comes back; the state stays there
    const [batch, state] = [4 * 2 * 256, 4 * 976]
    expect(webgpu.bytes).toHaveLength(6)
    webgpu.bytes.slice(1).forEach(({ up, down }: Record<string, number>) => {
      expect(down).toBe(4)
      expect(up).toBeLessThan(batch + 100)
      expect(up).toBe(cpu.bytes[1].up - state)
    })
  },
  180_000,
)
