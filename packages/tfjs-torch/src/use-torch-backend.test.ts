import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { afterEach, describe, expect, it } from 'vitest'
import { library } from './fixtures/library.ts'
import { findLibrary, libraryFile, tryLibrary, useTorchBackend } from './index.ts'

const folder = () => mkdtempSync(join(tmpdir(), 'mixflow-torch-'))

describe('finding libtorch', () => {
  it('names the folder that was chosen and has none', async () => {
    await expect(findLibrary({ library: '/nowhere' })).rejects.toMatchObject({
      code: 'LIBRARY_MISSING',
      message: expect.stringContaining('library is /nowhere'),
    })
    await expect(findLibrary({ env: { TORCH_LIB: '/nowhere' } })).rejects.toThrow(/TORCH_LIB is \/nowhere/)
  })

  it('takes the first folder that has it before it asks Python', async () => {
    const [empty, full] = [folder(), folder()]
    writeFileSync(join(full, libraryFile()), '')
    expect(await findLibrary({ folders: [empty, full], env: {} })).toBe(full)
  })

  it('names all folders when there is none, and how to install it', async () => {
    const error = await findLibrary({ folders: ['/a', '/b'], env: { PATH: '' } }).catch((thrown: Error) => thrown)
    expect(String(error)).toMatch(/\/a, \/b, .*python3\s+install it with `mixflow setup torch`/)
  })

  it('refuses a file that is no library, and survives it', async () => {
    const broken = folder()
    writeFileSync(join(broken, libraryFile()), 'not a library')
    await expect(tryLibrary(broken)).rejects.toMatchObject({ code: 'LIBRARY_UNSUPPORTED' })
  })
})

describe('options', () => {
  it.each([
    [{ device: 'tpu' }, /unknown device "tpu"\s+devices: auto, cpu, cuda/],
    [{ dtype: 'float16' }, /unknown dtype "float16"/],
    [{ threads: 0 }, /threads is 0/],
    [{ treads: 2 }, /unknown option "treads" of useTorchBackend\s+options: .*threads/],
  ])('%j is refused', async (options, message) => {
    await expect(useTorchBackend(options as never)).rejects.toThrow(message)
  })
})

describe.skipIf(library === null)('the backend', () => {
  const use = (dtype: 'float32' | 'bfloat16' = 'float32') =>
    useTorchBackend({ device: 'cpu', dtype, library: library as string })
  afterEach(() => tf.disposeVariables())

  it('refuses a device that is not there', async () => {
    const { devices } = await tryLibrary(library as string)
    const absent = (['mps', 'xpu'] as const).find(name => !devices.includes(name)) as 'mps'
    await expect(useTorchBackend({ device: absent })).rejects.toMatchObject({ code: 'DEVICE_MISSING' })
  })

  it('reads what was written, of every type and shape', async () => {
    await use()
    for (const [values, shape, dtype] of [
      [[1.5, -2, Number.NaN, 4], [2, 2], 'float32'],
      [[1, -2, 2 ** 31 - 1], [3], 'int32'],
      [[1, 0, 1], [3, 1], 'bool'],
      [[7], [], 'float32'],
      [[], [0, 3], 'float32'],
    ] as const) {
      const tensor = tf.tensor([...values], [...shape], dtype)
      expect([...(await tensor.data())]).toEqual([...values])
      tensor.dispose()
    }
  })

  it('gives views that are read in their own order', async () => {
    await use()
    const part = tf.tidy(() => {
      const x = tf.reshape(tf.range(0, 24), [2, 3, 4])
      return tf.slice(tf.transpose(x, [2, 0, 1]), [1, 0, 1], [2, 2, 1])
    })
    expect([...(await part.data())]).toEqual([5, 17, 6, 18])
    part.dispose()
  })

  it('keeps memory flat over 2,000 steps of a small training', async () => {
    await use()
    const filter = tf.tidy(() => tf.variable(tf.randomNormal([3, 3, 4, 4], 0, 0.1, 'float32', 1)))
    const image = tf.randomNormal([1, 4, 4, 4], 0, 1, 'float32', 2) as tf.Tensor4D
    const step = () =>
      tf.tidy(() => {
        const { grads, value } = tf.variableGrads(
          () => tf.mean(tf.square(tf.conv2d(image, filter as tf.Tensor4D, 1, 'same'))) as tf.Scalar,
        )
        filter.assign(tf.sub(filter, tf.mul(grads[filter.name] as tf.Tensor, 0.01)))
        return value.dataSync()[0] as number
      })
    const first = step()
    for (let i = 0; i < 200; i++) step()
    const [tensors, resident] = [tf.memory().numTensors, process.memoryUsage().rss]
    for (let i = 0; i < 1800; i++) step()
    expect(tf.memory().numTensors).toBe(tensors)
    expect(process.memoryUsage().rss - resident).toBeLessThan(40 * 2 ** 20)
    expect(step()).toBeLessThan(first)
    image.dispose()
  })

  it('computes products in bfloat16 where asked, to its precision, and accumulates in float32', async () => {
    const product = async (dtype: 'float32' | 'bfloat16') => {
      await use(dtype)
      const values = tf.tidy(() => {
        const [a, b] = [tf.randomNormal([32, 512], 0, 1, 'float32', 3), tf.randomNormal([512, 16], 0, 1, 'float32', 4)]
        return tf.matMul(a, b).dataSync()
      })
      return values as Float32Array
    }
    const exact = await product('float32')
    const narrow = await product('bfloat16')
    const length = (values: ArrayLike<number>) => Math.sqrt(Array.from(values).reduce((sum, v) => sum + v * v, 0))
    const error = length(exact.map((value, i) => value - (narrow[i] as number))) / length(exact)
    // two factors and a result of 8 bits: a rounding error of 2^-9 each, at most 2^-8
    expect(error).toBeGreaterThan(1e-4)
    expect(error).toBeLessThan(2 ** -8)
    await use()
  })

  it('says what libtorch refused, and goes on', async () => {
    const { torch } = await use()
    expect(() =>
      torch.scope(() => [
        { handle: torch.call('cat', [torch.full([1], 0, 'float32'), torch.full([1, 2], 0, 'float32')], 0) },
      ]),
    ).toThrow(expect.objectContaining({ code: 'OPERATOR_FAILED', message: expect.stringContaining('cat') }))
    expect([...tf.tidy(() => tf.add(1, 2).dataSync())]).toEqual([3])
  })
})
