/**
 * Where the MPI library is. Looked for in this order: the option, the variable MPI_LIB, beside the launcher that started this process,
 * the folders that the caller knows of (what `mixflow setup mpi` has made), beside an `mpiexec` on the path, and the system's folders.
 */

import { existsSync, realpathSync, statSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { MpiError } from '../errors.ts'
import { type Family, type Launcher, launcherFolder, launcherOf } from './launcher.ts'

export interface FindOptions {
  /** The library, or the folder that it is in: nothing else is tried. */
  readonly library?: string | undefined
  /** Folders to try after that of the launcher. */
  readonly folders?: readonly string[] | undefined
  /** Environment of this process. Default: `process.env` */
  readonly env?: NodeJS.ProcessEnv | undefined
}

/** How to get it, for errors. */
export const installHint =
  'install it with `mixflow setup mpi`, `pip install mpich` or `sudo apt-get install openmpi-bin`, or set MPI_LIB to the file of the library'

/** File names of the libraries. The standard ABI comes first: its constants are the same in all implementations. */
const names: Readonly<Record<Family, readonly string[]>> =
  process.platform === 'darwin'
    ? {
        mpich: ['libmpi_abi.1.dylib', 'libmpi_abi.0.dylib', 'libmpi.12.dylib', 'libmpich.12.dylib'],
        openmpi: ['libmpi.40.dylib'],
      }
    : { mpich: ['libmpi_abi.so.1', 'libmpi_abi.so.0', 'libmpi.so.12', 'libmpich.so.12'], openmpi: ['libmpi.so.40'] }

const families = ['openmpi', 'mpich'] as const satisfies readonly Family[]

const triplets: Readonly<Record<string, string>> = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }

/** Folders of Debian, Fedora and Homebrew, below which each implementation may have one of its own. */
const systemFolders = [
  '/usr/local/lib',
  `/usr/lib/${triplets[process.arch]}`,
  '/usr/lib64',
  '/usr/lib',
  '/opt/homebrew/lib',
]

/** @throws MpiError LIBRARY_MISSING naming where it was looked for */
export function findLibrary({ library, folders = [], env = process.env }: FindOptions = {}): string {
  const chosen = library ?? env.MPI_LIB
  if (chosen !== undefined && chosen !== '') return chosenLibrary(chosen, library === undefined ? 'MPI_LIB' : 'library')
  const launcher = launcherOf(env)
  const near = [launcherFolder(), ...(env.OPAL_PREFIX ? [join(env.OPAL_PREFIX, 'bin')] : [])]
  const places = [
    ...(launcher === null ? [] : near.flatMap(beside)),
    ...folders,
    ...beside(programFolder(env)),
    ...(env.LD_LIBRARY_PATH ?? '').split(delimiter).filter(folder => folder !== ''),
    ...systemFolders.flatMap(folder => [folder, join(folder, 'openmpi', 'lib'), join(folder, 'mpich', 'lib')]),
  ]
  for (const family of order(launcher)) {
    for (const folder of places) {
      const found = firstOf(folder, names[family])
      if (found !== null) return found
    }
  }
  const tried = [...new Set(places)].filter(folder => existsSync(folder))
  throw new MpiError('LIBRARY_MISSING', `no MPI library was found in ${tried.join(', ')}`, { hint: installHint })
}

/** The launcher's own implementation first; the other one is found, too, and refused with a better message than "missing". */
const order = (launcher: Launcher | null): readonly Family[] =>
  launcher?.family === 'mpich' ? ['mpich', 'openmpi'] : families

function chosenLibrary(chosen: string, what: string): string {
  const kind = statSync(chosen, { throwIfNoEntry: false })
  if (kind?.isFile()) return chosen
  const all = families.flatMap(family => names[family])
  const found = kind?.isDirectory() ? firstOf(chosen, all) : null
  if (found !== null) return found
  const problem = kind === undefined ? 'which does not exist' : `which has none of ${all.join(', ')}`
  throw new MpiError('LIBRARY_MISSING', `${what} is ${chosen}, ${problem}`, { hint: installHint })
}

const firstOf = (folder: string, files: readonly string[]): string | null =>
  files.map(file => join(folder, file)).find(file => existsSync(file)) ?? null

/** `lib` next to the `bin` of a launcher. */
const beside = (folder: string | null): string[] =>
  folder === null
    ? []
    : ['lib', 'lib64', join('lib', triplets[process.arch] ?? '')].map(name => join(dirname(folder), name))

function programFolder(env: NodeJS.ProcessEnv): string | null {
  const found = (env.PATH ?? '').split(delimiter).find(folder => folder !== '' && existsSync(join(folder, 'mpiexec')))
  return found === undefined ? null : dirname(realpathSync(join(found, 'mpiexec')))
}
