import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { lockRun } from './run-folder.ts'

let root: string
let folder: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mixflow-lock-'))
  folder = join(root, 'run')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

it('is held by one call at a time, until it is released', async () => {
  const unlock = await lockRun({ folder })
  await expect(lockRun({ folder: `${folder}/` })).rejects.toMatchObject({ code: 'TRAIN_BUSY' })
  await unlock()
  expect(readdirSync(folder)).toEqual([])
  await (await lockRun({ folder }))()
})

/** Writes the lock of another process. */
async function lockedBy(owner: { pid: number; host?: string }): Promise<void> {
  await (await lockRun({ folder }))()
  writeFileSync(join(folder, 'run.lock'), JSON.stringify({ host: hostname(), ...owner }))
}

it('is respected while its process runs', async () => {
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  try {
    await lockedBy({ pid: other.pid as number })
    const message = `${folder} is being trained by process ${other.pid} on ${hostname()}`
    const refused = { code: 'TRAIN_BUSY', message }
    await expect(lockRun({ folder, resume: true })).rejects.toMatchObject(refused)
  } finally {
    other.kill('SIGKILL')
  }
  await once(other, 'exit')
  await (await lockRun({ folder, resume: true }))()
  expect(readdirSync(folder)).toEqual([])
})

it('is taken over if its process has ended, is on another machine and does not refresh it, or is not a process', async () => {
  for (const owner of [
    { pid: spawnSync(process.execPath, ['-v']).pid },
    { pid: 1, host: 'elsewhere' },
    { pid: -1.5 },
  ]) {
    await lockedBy(owner)
    await (await lockRun({ folder, resume: true, intervalMs: 10, staleAfterMs: 50 }))()
    expect(readdirSync(folder)).toEqual([])
  }
})

it('makes the folder of a new run only', async () => {
  await (await lockRun({ folder, resume: true }))()
  expect(existsSync(folder)).toBe(false)
})
