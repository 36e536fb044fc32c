import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { afterAll, describe, expect, it } from 'vitest'
import { samplesGrid } from './grid-sink.ts'
import { labelOf } from './label-of.ts'
import { chooseOutput } from './sample-output.ts'

const root = mkdtempSync(join(tmpdir(), 'mixflow-sample-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('labelOf', () => {
  const emoji = { count: 3, names: ['Flags', 'Food & Drink', 'none of these'] }

  it('takes a number, a name whatever its case, or none', () => {
    expect(['0', '2', 'Flags', 'food & drink'].map(word => labelOf(word, emoji))).toEqual([0, 2, 0, 1])
    expect(labelOf('none', emoji)).toBeNull()
    expect(labelOf('1', { count: 2 })).toBe(1)
  })

  it('takes names that are numbers, or words of ours, for names', () => {
    expect(labelOf('3', { count: 2, names: ['1', '3'] })).toBe(1)
    expect(labelOf('0', { count: 2, names: ['1', '3'] })).toBe(0)
    expect(labelOf('none', { count: 2, names: ['some', 'none'] })).toBe(1)
  })

  it.each(['3', '-1', '1.5', 'Flag', ''])('refuses %j with the classes there are', word => {
    const run = () => labelOf(word, emoji)
    expect(run).toThrow(MixflowError)
    expect(run).toThrow(expect.objectContaining({ hint: expect.stringContaining('classes: 0 Flags, 1 Food & Drink') }))
  })

  it('names the nearest class, and says where there are none', () => {
    const hint = (text: string) => expect.objectContaining({ hint: expect.stringContaining(text) })
    expect(() => labelOf('Flasg', emoji)).toThrow(hint('did you mean "Flags"?'))
    expect(() => labelOf('0', null)).toThrow(/has no classes/)
  })
})

describe('the output of sampling', () => {
  it('is one picture for a .png, else a folder', async () => {
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

  it('enlarges small pictures in a grid, and never shrinks', () => {
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
