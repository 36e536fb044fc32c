import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findLibrary, init, launcherOf } from './index.ts'

const folder = () => mkdtempSync(join(tmpdir(), 'mixflow-mpi-'))
const name = process.platform === 'darwin' ? 'libmpi_abi.1.dylib' : 'libmpi_abi.so.1'

describe('finding the library', () => {
  it('names what was chosen and has none', () => {
    expect(() => findLibrary({ library: '/nowhere' })).toThrow(
      /library is \/nowhere, which does not exist\s+install it/,
    )
    const empty = folder()
    expect(() => findLibrary({ env: { MPI_LIB: empty } })).toThrow(/MPI_LIB is .*, which has none of libmpi/)
  })

  it('takes a file, a folder, MPI_LIB, or the first folder that has one', () => {
    const [empty, full] = [folder(), folder()]
    const file = join(full, name)
    writeFileSync(file, '')
    expect(findLibrary({ library: file })).toBe(file)
    expect(findLibrary({ library: full })).toBe(file)
    expect(findLibrary({ env: { MPI_LIB: full } })).toBe(file)
    expect(findLibrary({ env: { PMI_RANK: '0', LD_LIBRARY_PATH: `${empty}:${full}` } })).toBe(file)
  })

  it('refuses a library that is not of MPI', async () => {
    const other = process.platform === 'darwin' ? '/usr/lib/libz.dylib' : 'libm.so.6'
    const { loadLibrary } = await import('./library/load-library.ts')
    expect(() => loadLibrary(other)).toThrow(/lacks a function: int MPI_/)
  })
})

describe('the launcher', () => {
  const local = { localRank: 1, localSize: 2 }
  it.each([
    ['none', {}, null],
    [
      'mpirun',
      { OMPI_COMM_WORLD_SIZE: '4', OMPI_COMM_WORLD_LOCAL_RANK: '1', OMPI_COMM_WORLD_LOCAL_SIZE: '2', PMIX_RANK: '3' },
      { name: "Open MPI's mpirun", family: 'openmpi', size: 4, ...local },
    ],
    [
      'mpiexec in a job of Slurm',
      { PMI_RANK: '3', PMI_SIZE: '4', MPI_LOCALRANKID: '1', MPI_LOCALNRANKS: '2', SLURM_STEP_ID: '0' },
      { name: "MPICH's mpiexec", family: 'mpich', size: 4, ...local },
    ],
    [
      'srun',
      { SLURM_STEP_ID: '0', SLURM_STEP_NUM_TASKS: '4', SLURM_PROCID: '3', SLURM_LOCALID: '1', PMI_RANK: '3' },
      { name: 'srun', family: null, size: 4, localRank: 1, localSize: null },
    ],
    ['PMIx', { PMIX_RANK: '0' }, { name: 'a launcher with PMIx', family: null, size: null }],
    ['a script of sbatch', { SLURM_JOB_ID: '1', SLURM_NTASKS: '4' }, null],
  ])('is recognized: %s', (_, env, expected) => {
    const found = launcherOf(env)
    if (expected === null) expect(found).toBeNull()
    else expect(found).toMatchObject(expected)
  })
})

it.each([
  [{ threads: 2 }, /unknown option "threads" of init\s+options: library, folders, alone, maxSleepMs/],
  [{ maxSleepMs: -1 }, /maxSleepMs is -1; expected 0 to 1000/],
  [{ alone: 1 }, /alone is 1; expected true or false/],
])('the options %j are refused', async (options, message) => {
  await expect(init(options as never)).rejects.toThrow(message)
})
