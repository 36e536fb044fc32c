/** `mixflow sample --workers` with a real model and threads: the output depends only on seed and index. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { folderOf, smallModel } from '@mixflow/test-model'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { run } from '../../run.ts'

const root = mkdtempSync(join(tmpdir(), 'mixflow-workers-'))
let model: Awaited<ReturnType<typeof folderOf>>
beforeAll(async () => {
  model = await folderOf(await smallModel({ classes: 3 }))
})
afterAll(async () => {
  await model[Symbol.asyncDispose]()
  rmSync(root, { recursive: true, force: true })
})

/** Returns the output. */
async function sample(out: string, ...more: string[]): Promise<string> {
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  try {
    const args = ['--count', '11', '--batch-size', '2', '--seed', '5', '--out', join(root, out)]
    expect(await run(['sample', model.path, ...args, ...more])).toBe(0)
    return String(written.mock.calls[0]?.[0])
  } finally {
    written.mockRestore()
  }
}

/** All bytes, by file. */
function bytesOf(out: string): Record<string, string> {
  const path = join(root, out)
  const names = statSync(path).isDirectory() ? readdirSync(path).sort() : ['']
  return Object.fromEntries(names.map(name => [name, readFileSync(join(path, name)).toString('hex')]))
}

describe.each(['', '.npz', '.zip'])('samples%s', ending => {
  it('are the same with one thread and with workers', async () => {
    await sample(`alone${ending}`, '--nfe', '3')
    for (const workers of ['1', '3']) {
      const out = `${workers}${ending}`
      expect(await sample(out, '--nfe', '3', '--workers', workers)).toMatch(/^11 images at 3 NFE/)
      expect(bytesOf(out)).toEqual(bytesOf(`alone${ending}`))
    }
  })
})

it('an adaptive solver uses the same batches', async () => {
  const adaptive = ['--solver', 'dopri5']
  await sample('adaptive.npz', ...adaptive)
  await sample('adaptive-workers.npz', ...adaptive, '--workers', '3')
  expect(bytesOf('adaptive-workers.npz')).toEqual(bytesOf('adaptive.npz'))
})

it('--tolerance is the error that an adaptive solver allows: with less of it, more evaluations', async () => {
  const spent: number[] = []
  for (const tolerance of ['0.1', '1e-5']) {
    const text = await sample(`${tolerance}.npz`, '--solver', 'dopri5', '--tolerance', tolerance)
    spent.push(Number(/at ([\d.]+) NFE/.exec(text)?.[1]))
  }
  expect(spent[0]).toBeLessThan(spent[1] as number)
  // the model's own tolerance is 1e-5
  expect(bytesOf('1e-5.npz')).toEqual(bytesOf('adaptive.npz'))
  const refused = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const args = ['sample', model.path, '--out', join(root, 'x.png'), '--solver', 'heun', '--tolerance', '0.1']
  expect(await run(args)).toBe(1)
  expect(refused.mock.calls.join('')).toMatch(/tolerance/)
  refused.mockRestore()
})
