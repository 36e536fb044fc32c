import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { chooseOutput, samplesGrid } from './sample-output.ts'

const root = mkdtempSync(join(tmpdir(), 'mixflow-sample-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('the output of sampling', () => {
  it('is a grid for .png, an archive for .npz and .zip, else a folder', async () => {
    await mkdir(join(root, 'v1.0'))
    const kinds = ['a.png', 'a.PNG', 'a', 'a.png/', 'v1.0'].map(
      async out => (await chooseOutput(`${root}/${out}`)).kind,
    )
    expect(await Promise.all(kinds)).toEqual(['grid', 'grid', 'folder', 'folder', 'folder'])
    expect(await chooseOutput()).toEqual({ kind: 'grid', path: 'samples.png' })
    await expect(chooseOutput('a.jpg')).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    await expect(chooseOutput('a.png', 10_001)).rejects.toMatchObject({ hint: expect.stringContaining('folder') })
    for (const [name, kind] of Object.entries({ a: 'folder', 'a.npz': 'npz', 'a.ZIP': 'zip' })) {
      expect(await chooseOutput(`${root}/${name}`, 10_001)).toMatchObject({ kind })
    }
    writeFileSync(join(root, 'notes.zip'), 'no archive')
    await expect(chooseOutput(`${root}/notes.zip`)).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' })
    writeFileSync(join(root, 'file'), '')
    for (const out of ['file/', 'file/pictures']) {
      await expect(chooseOutput(`${root}/${out}`)).rejects.toMatchObject({ code: 'OUTPUT_DISK' })
    }
  })

  it('magnifies small images in a grid, and never shrinks', () => {
    const tile = (size: number) => ({ channels: 1, height: size, width: size, data: new Float32Array(size * size) })
    const four = (size: number) =>
      samplesGrid(
        [0, 1, 2, 3].map(() => tile(size)),
        4,
      )
    expect(four(28)).toMatchObject({ height: 3 * 30, width: 3 * (4 * 29 + 1) })
    expect(four(200)).toMatchObject({ height: 202, width: 4 * 201 + 1 })
    expect(samplesGrid([tile(1), tile(1), tile(1)])).toMatchObject({ height: 64 * 5, width: 64 * 5 })
  })
})
