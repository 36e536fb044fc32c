/** Starts MPI with the library of the launcher that started this process. */

import { MpiError } from './errors.ts'
import { findLibrary } from './library/find-library.ts'
import { type Launcher, launcherOf } from './library/launcher.ts'
import { loadLibrary, type MpiLibrary } from './library/load-library.ts'
import { tryLibrary } from './library/try-library.ts'
import { Mpi, type WaitOptions } from './mpi.ts'

export interface InitOptions extends WaitOptions {
  /** File of the MPI library, or the folder that it is in. Default: MPI_LIB, else the launcher's, else the first that is found. */
  readonly library?: string | undefined
  /** Folders in which to look for the library, after that of the launcher. */
  readonly folders?: readonly string[] | undefined
  /** Allows a process that no launcher started: a world of one rank. Default: false */
  readonly alone?: boolean | undefined
}

const known = ['library', 'folders', 'alone', 'maxSleepMs'] as const satisfies readonly (keyof InitOptions)[]

/**
 * Settings of Open MPI and MPICH, for those that the user did not set: while they wait inside of an operation, ranks leave a core to others that want it;
 * and MPICH's collectives in shared memory, which it takes from some number of calls on, do not proceed with non-blocking operations as MPI demands,
 * so that ranks would wait for each other for ever.
 */
const settings = {
  OMPI_MCA_mpi_yield_when_idle: '1',
  MPIR_CVAR_POLLS_BEFORE_YIELD: '100',
  MPIR_CVAR_POSIX_NUM_COLLS_THRESHOLD: '2147483647',
} as const

let isStarted = false

/**
 * Starts MPI, which a process can do once. All ranks have to call it.
 *
 * @throws MpiError OPTION_INVALID, LIBRARY_MISSING, LIBRARY_UNSUPPORTED, LIBRARY_MISMATCH, RANK_ALONE, STATE_INVALID, CALL_FAILED
 */
export async function init(options: InitOptions = {}): Promise<Mpi> {
  checkOptions(options)
  if (isStarted) {
    throw new MpiError('STATE_INVALID', 'MPI was already initialized in this process', {
      hint: 'call init once, and pass its result to whoever needs it',
    })
  }
  isStarted = true
  try {
    return await start(options)
  } catch (error) {
    // a library that was not initialized can be replaced by another
    if (error instanceof MpiError && error.code.startsWith('LIBRARY_')) isStarted = false
    throw error
  }
}

async function start({ alone = false, maxSleepMs, ...where }: InitOptions): Promise<Mpi> {
  const launcher = launcherOf(process.env)
  const path = findLibrary(where)
  await tryLibrary(path)
  const library = loadLibrary(path)
  checkFamily(library, launcher)
  for (const [name, value] of Object.entries(settings)) process.env[name] ??= value
  const { localRank, localSize } = launcher ?? {}
  const mpi = new Mpi(library, { maxSleepMs, localRank, localSize })
  if (mpi.size > 1) return mpi
  const problem = aloneProblem(launcher, library)
  if (problem === null || (launcher === null && alone)) return mpi
  await mpi.finalize()
  throw problem
}

/** @throws MpiError LIBRARY_MISMATCH */
function checkFamily({ path, version, family }: MpiLibrary, launcher: Launcher | null): void {
  if (launcher === null || launcher.family === null || family === null || launcher.family === family) return
  const other = family === 'openmpi' ? "Open MPI's mpirun" : "MPICH's mpiexec"
  throw new MpiError('LIBRARY_MISMATCH', `${launcher.name} started this process, but ${path} is ${version}`, {
    hint: `start it with ${other}, or set MPI_LIB to the library of ${launcher.name}: ${launcher.size ?? 'all'} ranks would not find each other`,
  })
}

function aloneProblem(launcher: Launcher | null, { path, version }: MpiLibrary): MpiError | null {
  if (launcher === null) {
    return new MpiError('RANK_ALONE', 'no launcher of MPI started this process, so it is the only rank', {
      hint: 'start it with `mpiexec -n 2 node program.js`, or pass alone: true for a world of one rank',
    })
  }
  if (launcher.size === null || launcher.size === 1) return null
  const how =
    launcher.name === 'srun' ? 'use `srun --mpi=pmix`, or mpirun inside of the job' : 'set MPI_LIB to its own library'
  return new MpiError(
    'RANK_ALONE',
    `${launcher.name} started ${launcher.size} processes, but with ${version} (${path}) this one is the only rank`,
    { hint: how },
  )
}

/** @throws MpiError OPTION_INVALID */
function checkOptions(options: InitOptions): void {
  const unknown = Object.keys(options).find(name => !(known as readonly string[]).includes(name))
  if (unknown !== undefined) {
    throw new MpiError('OPTION_INVALID', `unknown option "${unknown}" of init`, {
      hint: `options: ${known.join(', ')}`,
    })
  }
  const { maxSleepMs = 0, alone = false } = options
  if (typeof alone !== 'boolean') {
    throw new MpiError('OPTION_INVALID', `alone is ${JSON.stringify(alone)}; expected true or false`)
  }
  if (!(maxSleepMs >= 0 && maxSleepMs <= 1000)) {
    throw new MpiError('OPTION_INVALID', `maxSleepMs is ${maxSleepMs}; expected 0 to 1000`)
  }
}
