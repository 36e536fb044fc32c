import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { backendName, useOnnxBackend } from './use-onnx-backend.ts'

describe('useOnnxBackend', () => {
  it('makes one backend, and keeps it', async () => {
    const backend = await useOnnxBackend({ threads: 1 })
    expect(tf.getBackend()).toBe(backendName)
    expect(await useOnnxBackend()).toBe(backend)
    expect(await useOnnxBackend({ device: 'cpu' })).toBe(backend)
  })

  it.each<[object, RegExp]>([
    [{ thread: 2 }, /unknown option "thread".*options: device, threads, sessions, runtime/s],
    [{ threads: 0 }, /threads is 0/],
    [{ threads: 1e6 }, /from 1 to 1024/],
    [{ sessions: 1.5 }, /sessions is 1.5/],
    [{ device: 'gpu' }, /device "gpu".*auto, cpu, cuda, webgpu/s],
  ])('refuses %j', async (options, message) => {
    await expect(useOnnxBackend(options)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    await expect(useOnnxBackend(options)).rejects.toThrow(message)
  })
})
