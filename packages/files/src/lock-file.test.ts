import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startChild } from './fixtures/child.ts'
import { lockFile, tryLockFile } from './lock-file.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mixflow-'))
  path = join(folder, 'file.lock')
})
afterEach(() => rm(folder, { recursive: true }))

/** A lock that dies within a second, which is long enough for a machine with much else to do. */
const quick = { intervalMs: 10, staleAfterMs: 1000 }
const foreign = JSON.stringify({ pid: 1, host: 'another-host', id: 'x' })

describe('lockFile', () => {
  it('has one owner at a time', async () => {
    let owners = 0
    let most = 0
    const work = async () => {
      const lock = await lockFile(path, quick)
      most = Math.max(most, ++owners)
      await sleep(15)
      owners--
      await lock.release()
    }
    await Promise.all(Array.from({ length: 6 }, work))
    expect(most).toBe(1)
    expect(await readdir(folder)).toEqual([])
  })

  it('reports once that it waits, and stops waiting when aborted', async () => {
    const lock = await lockFile(path, quick)
    let waits = 0
    const stop = new AbortController()
    const onWait = () => {
      waits++
      setTimeout(() => stop.abort(), 50)
    }
    const second = lockFile(path, { ...quick, signal: stop.signal, onWait })
    await expect(second).rejects.toMatchObject({ code: 'ABORTED' })
    expect(waits).toBe(1)
    await lock.release()
  })

  it('touches a held lock, so that it does not become stale', async () => {
    const lock = await lockFile(path, quick)
    const owner = await readFile(path, 'utf8')
    const second = lockFile(path, quick)
    await sleep(2500)
    expect(await readFile(path, 'utf8')).toBe(owner)
    await lock.release()
    await (await second).release()
  })

  it.each([
    ['of another host that is no longer touched', foreign],
    ['that was being written when its owner ended', ''],
    ['that is no lock', 'rubbish'],
  ])('takes over a lock %s, for one of many waiters at a time', async (_, content) => {
    await writeFile(path, content)
    let owners = 0
    let most = 0
    const work = async () => {
      const lock = await lockFile(path, quick)
      most = Math.max(most, ++owners)
      await sleep(5)
      owners--
      await lock.release()
    }
    await Promise.all(Array.from({ length: 8 }, work))
    expect(most).toBe(1)
    expect(await readdir(folder)).toEqual([])
  })

  it('takes over even if a process ended while removing the lock', async () => {
    await writeFile(path, foreign)
    const { mtimeMs } = await stat(path)
    const state = createHash('sha256').update(`${foreign} ${mtimeMs}`).digest('hex')
    await writeFile(`${path}.${state.slice(0, 16)}`, '')
    await (await lockFile(path, quick)).release()
    expect(await readdir(folder)).toEqual([])
  })

  it('takes over at once from a killed process', async () => {
    const child = startChild({ path, keep: true })
    await once(child.stdout!, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
    const lock = await lockFile(path, { intervalMs: 10, staleAfterMs: 3_600_000 })
    expect(JSON.parse(await readFile(path, 'utf8')).pid).toBe(process.pid)
    await lock.release()
  })

  it('does not release a lock that another process has taken over', async () => {
    const lock = await lockFile(path, quick)
    await writeFile(path, foreign)
    await lock.release()
    expect(await readFile(path, 'utf8')).toBe(foreign)
  })

  it('passes on the error of a missing folder', async () => {
    await expect(lockFile(join(folder, 'none', 'x.lock'), quick)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describe('tryLockFile', () => {
  it('acquires a lock, or returns its owner', async () => {
    const lock = await tryLockFile(path, quick)
    expect(await tryLockFile(path, quick)).toMatchObject({ owner: { pid: process.pid, host: hostname() } })
    if ('release' in lock) await lock.release()
    expect(await readdir(folder)).toEqual([])
  })

  it('treats a lock of another host as held while it is touched', async () => {
    await writeFile(path, foreign)
    let time = 1
    const beat = setInterval(() => void utimes(path, time, time++).catch(() => {}), 5)
    const found = await tryLockFile(path, { intervalMs: 10, staleAfterMs: 3_600_000 })
    clearInterval(beat)
    expect(found).toMatchObject({ owner: { pid: 1, host: 'another-host' } })
  })

  it.skipIf(process.platform !== 'linux')(
    'sees that the number of a process has been given to another one',
    async () => {
      const other = { pid: process.ppid, host: hostname(), started: 'another-boot:1', id: 'x' }
      await writeFile(path, JSON.stringify(other))
      expect(await tryLockFile(path, quick)).toHaveProperty('release')
    },
  )

  it.each([false, true])('is held by one of several processes at a time; killed in between: %s', async stale => {
    const task = { path, marker: join(folder, 'marker'), rounds: 60, stale }
    const children = Array.from({ length: 3 }, () => startChild(task))
    const said = await Promise.all(children.map(child => text(child.stdout!)))
    expect(said).toEqual(['0\n', '0\n', '0\n'])
    expect((await readdir(folder)).filter(name => name !== 'file.lock')).toEqual([])
  })
})
