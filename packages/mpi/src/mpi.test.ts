/** Ranks that are really launched, on each implementation of MPI that is installed. */

import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  buildRanks,
  implementations,
  type Outcome,
  packageModule,
  rankProgram,
  ranks,
} from './fixtures/implementations.ts'

beforeAll(buildRanks)

const records = ({ stdout, stderr, status }: Outcome) => {
  const lines = stdout.split('\n').filter(line => line.startsWith('{'))
  if (lines.length === 0) throw new Error(`no rank printed a result (exit status ${status}):\n${stdout}\n${stderr}`)
  return lines.map(line => JSON.parse(line)).sort((a, b) => a.rank - b.rank)
}

describe.each(implementations)('$name', implementation => {
  const { name, launcher, library } = implementation
  const other = implementations.find(one => one.name !== name && one.library !== null)
  const is = it.skipIf(launcher === null)
  const hashes = new Map<number, string>()

  is.each([1, 2, 4])('computes on %i ranks what one process computes', async n => {
    const results = records(await ranks(implementation, n, [rankProgram, 'all', n === 2 ? 'large' : '']))
    expect(results.map(({ rank, size }) => [rank, size])).toEqual(Array.from({ length: n }, (_, rank) => [rank, n]))
    expect(results.map(one => one.localRank).sort()).toEqual(results.map(one => one.rank))
    const differs = n === 1 ? 'nothing was thrown' : 'CALLS_DIFFER'
    for (const [i, { wrong, more, queued, refused, wait, late, localSize, libraryVersion }] of results.entries()) {
      expect([...wrong, ...more]).toEqual([])
      expect(queued).toBe(true)
      expect(refused).toEqual({
        plainArray: 'ARGUMENT_INVALID',
        integers: 'ARGUMENT_INVALID',
        reduction: 'ARGUMENT_INVALID',
        root: 'ARGUMENT_INVALID',
        abort: 'ARGUMENT_INVALID',
        twice: 'STATE_INVALID',
        lengths: differs,
        types: differs,
        roots: differs,
        calls: differs,
      })
      expect(late).toEqual(['STATE_INVALID', 'STATE_INVALID', 'STATE_INVALID'])
      expect(localSize).toBe(n)
      expect(libraryVersion).toContain(name)
      // waiting costs little, and leaves the event loop free
      if (i > 0) expect(wait).toMatchObject({ waited: true, cpuShare: expect.closeTo(0, 0) })
      if (i > 0) expect(wait.turns).toBeGreaterThan(3)
    }
    hashes.set(n, results.map(({ hash }) => hash).join())
  })

  is('repeats its sums bit for bit', async () => {
    const results = records(await ranks(implementation, 4, [rankProgram, 'collectives']))
    expect(results.map(({ hash }) => hash).join()).toBe(hashes.get(4))
  })

  is.each(['kill', 'abort', 'throw', 'exit'])('ends all ranks when one ends by %s', async how => {
    const { status, stdout, stderr } = await ranks(implementation, 2, [rankProgram, 'end', how])
    expect(stdout).not.toContain('survived')
    expect(status, stderr).toBeGreaterThan(0)
    if (how === 'throw') expect(stderr).toContain('a bug')
    if (how === 'exit') expect(stderr).toContain('exits without finalize()')
    if (how === 'abort') expect(status).toBe(7)
  })

  it.skipIf(launcher === null || other === undefined)('refuses the library of another MPI', async () => {
    const { stdout, stderr, status } = await ranks(implementation, 2, [rankProgram, 'start'], {
      MPI_LIB: other?.library as string,
    })
    expect(stderr).toMatch(/LIBRARY_MISMATCH.*mpi\S+ started this process, but .* is (Open MPI|MPICH)/)
    expect(stderr).toContain('2 ranks would not find each other')
    expect([stdout, status === 0]).toEqual(['', false])
  })

  is('runs the program of the README', async () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
    const program = /```js\n(.*?)```/s.exec(readme)?.[1] as string
    expect(program.trim().split('\n').length).toBeLessThanOrEqual(15)
    const { stdout, stderr } = await ranks(implementation, 2, [
      '--input-type=module',
      '--eval',
      program.replace('@mixflow/mpi', packageModule),
    ])
    expect(stdout, stderr).toBe('pi is about 3.1415926536, says each of 2 ranks\n')
  })

  describe('without a launcher', () => {
    const alone = (options: object) =>
      ranks({ launcher: null }, 1, [rankProgram, 'start', JSON.stringify(options)], { MPI_LIB: library as string })

    is('is refused, and says how to start', async () => {
      const { stderr } = await alone({})
      expect(stderr).toMatch(/RANK_ALONE.*no launcher .* only rank\s+start it with `mpiexec -n 2 node program.js`/)
    })

    is('is a world of one rank if asked for', async () => {
      expect(records(await alone({ alone: true }))).toMatchObject([{ rank: 0, size: 1 }])
    })
  })
})

describe('a library', () => {
  const start = (options: object, env: NodeJS.ProcessEnv = {}) =>
    ranks({ launcher: null }, 1, [rankProgram, 'start', JSON.stringify(options)], env)

  it('that cannot be loaded is refused, and survived', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'mixflow-mpi-')), 'libmpi.so')
    writeFileSync(file, 'not a library')
    const { stderr } = await start({ library: file })
    expect(stderr).toMatch(/LIBRARY_UNSUPPORTED\]: .*libmpi\.so failed in a trial:/)
    expect(stderr).toMatch(/libmpi\.so could not be loaded: /)
  })

  it('that does not exist is refused, and the hint says how to install one', async () => {
    const { stderr } = await start({}, { MPI_LIB: '/nowhere' })
    expect(stderr).toMatch(
      /LIBRARY_MISSING\]: MPI_LIB is \/nowhere, which does not exist\s+install it with `mixflow setup mpi`/,
    )
  })

  it.skipIf(implementations.every(({ library }) => library === null))('is tried once', async () => {
    const MIXFLOW_CACHE = mkdtempSync(join(tmpdir(), 'mixflow-mpi-'))
    const library = implementations.find(one => one.library !== null)?.library
    await start({ library, alone: true }, { MIXFLOW_CACHE })
    const [record = ''] = readdirSync(join(MIXFLOW_CACHE, 'mpi'))
    const facts = JSON.parse(readFileSync(join(MIXFLOW_CACHE, 'mpi', record), 'utf8'))
    expect(facts.version).toMatch(/Open MPI|MPICH/)
    const { mtimeMs } = statSync(join(MIXFLOW_CACHE, 'mpi', record))
    await start({ library, alone: true }, { MIXFLOW_CACHE })
    expect(readdirSync(join(MIXFLOW_CACHE, 'mpi'))).toEqual([record])
    expect(statSync(join(MIXFLOW_CACHE, 'mpi', record)).mtimeMs).toBe(mtimeMs)
  })
})
