import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { testFolder } from '../fixtures/test-folder.ts'
import { idxBytes } from './fixtures/idx-bytes.ts'
import { missing, realMnist } from './fixtures/real-data.ts'
import { isIdxImages, readIdxPair, readMnist } from './mnist.ts'

const classCounts = (labels: Int32Array, classes: number) =>
  Array.from({ length: classes }, (_, label) => labels.filter(other => other === label).length)

describe.skipIf(missing(realMnist))('real MNIST', () => {
  it('has the expected first training digits', async () => {
    const data = await readMnist(realMnist, 'train')
    expect(data).toMatchObject({ name: 'mnist', split: 'train', count: 60_000, channels: 1, height: 28, width: 28 })
    expect([...data.labels!.subarray(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4])
    expect(classCounts(data.labels!, 10)).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949])
    const sum = data.images.reduce((total, byte) => total + byte, 0)
    const squares = data.images.reduce((total, byte) => total + byte * byte, 0)
    const mean = sum / data.images.length / 255
    expect(mean).toBeCloseTo(0.1307, 4)
    expect(Math.sqrt(squares / data.images.length / 255 ** 2 - mean ** 2)).toBeCloseTo(0.3081, 4)
  })

  it('has the test digits', async () => {
    const data = await readMnist(realMnist, 'test')
    expect(data).toMatchObject({ split: 'test', count: 10_000 })
    expect([...data.labels!.subarray(0, 5)]).toEqual([7, 2, 1, 0, 4])
    expect(classCounts(data.labels!, 10)).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])
  })
})

describe('idx pairs', () => {
  let folder: string
  testFolder(path => {
    folder = path
  })

  const write = (name: string, bytes: Uint8Array) => writeFile(join(folder, name), bytes)
  const images = idxBytes([2, 1, 2], [1, 2, 3, 4])
  const credits = { name: 'mine', split: 'train', licence: null, attribution: null } as const

  it.each([
    ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte'],
    ['train-images-idx3-ubyte.gz', 'train-labels-idx1-ubyte'],
    ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte.gz'],
    ['train-images.idx3-ubyte', 'train-labels.idx1-ubyte'],
  ])('finds %s and %s', async (imagesName, labelsName) => {
    const packed = (name: string, bytes: Uint8Array) => write(name, name.endsWith('.gz') ? gzipSync(bytes) : bytes)
    await packed(imagesName, images)
    await packed(labelsName, idxBytes([2], [9, 0]))
    expect(isIdxImages(imagesName)).toBe(true)
    expect(isIdxImages(labelsName)).toBe(false)
    const data = await readMnist(folder, 'train')
    expect(data).toMatchObject({ count: 2, height: 1, width: 2, labels: Int32Array.of(9, 0) })
  })

  it('reads images without labels, or with as many classes as there are', async () => {
    await write('a-images-idx3-ubyte', images)
    const path = join(folder, 'a-images-idx3-ubyte')
    expect(await readIdxPair(path, credits)).toMatchObject({ name: 'mine', labels: null, classNames: null })
    await write('a-labels-idx1-ubyte', idxBytes([2], [2, 0]))
    expect(await readIdxPair(path, credits)).toMatchObject({ classNames: ['0', '1', '2'] })
  })

  it('lists the missing and the existing files', async () => {
    await write('notes.txt', images)
    await expect(readMnist(folder, 'test')).rejects.toMatchObject({
      code: 'DATA_NOT_FOUND',
      message: expect.stringContaining('t10k-images-idx3-ubyte'),
      hint: 'found: notes.txt',
    })
    await write('train-images-idx3-ubyte', images)
    await expect(readMnist(folder, 'train')).rejects.toMatchObject({
      code: 'DATA_NOT_FOUND',
      hint: expect.stringContaining('train-labels-idx1-ubyte'),
    })
    await expect(readMnist(join(folder, 'nowhere'), 'train')).rejects.toMatchObject({
      hint: 'found: nothing (not a folder)',
    })
  })

  it('refuses files that do not belong together, and labels that are not digits', async () => {
    await write('train-images-idx3-ubyte', images)
    await write('train-labels-idx1-ubyte', idxBytes([3], [1, 2, 3]))
    await expect(readMnist(folder, 'train')).rejects.toThrow(/has 2 images, its labels file 3 labels/)
    await write('train-labels-idx1-ubyte', idxBytes([2], [1, 10]))
    await expect(readMnist(folder, 'train')).rejects.toThrow(/image 1 has label 10/)
  })
})
