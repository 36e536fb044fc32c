/**
 * MPICH for `@mixflow/mpi`, from PyPI's wheel of it: the library with the standard ABI of MPI 5 and the launcher `mpiexec`, in a folder of the
 * user's cache. Python is needed for pip alone. Linux on x64 has been tried; the wheels of the other systems have not been run.
 */

import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { tryLibrary } from '@mixflow/mpi'
import { cacheFolder } from '../../data/cache-folder.ts'
import { makeFolder } from '../set-up/make-folder.ts'
import { findPrograms, type Setting, thisSystem } from '../set-up/programs.ts'
import { fetchWheels, unpackWheel } from '../set-up/wheels.ts'

export const mpichVersion = '5.0.2'

export interface MpiSetUpOptions {
  /** Environment of pip. Default: that of this process. */
  readonly env?: NodeJS.ProcessEnv
  readonly signal?: AbortSignal | undefined
  /** Called at the beginning of each phase, with a description. */
  readonly onPhase?: (text: string) => void
}

export interface MpiSetUp {
  readonly folder: string
  /** The launcher. */
  readonly mpiexec: string
  readonly outcome: 'made' | 'found'
  /** Such as 'MPICH Version: 5.0.2'. */
  readonly version: string
}

interface MpichWheel {
  readonly sha256: string
  /** Platform tags of the wheel. */
  readonly platforms: readonly string[]
}

/** By `process.platform` and `process.arch`. */
const wheels: Readonly<Record<string, MpichWheel>> = {
  'linux-x64': {
    sha256: '8fed465ebff269ea2ebac179a25de02671ddf8df476e0f115be089015015cfd4',
    platforms: ['manylinux_2_28_x86_64'],
  },
  'linux-arm64': {
    sha256: '992ae6ebb0da97d49d7a67000ae8112da9a3825da1bb1e6f1d196428a0410f2d',
    platforms: ['manylinux_2_28_aarch64'],
  },
  'darwin-arm64': {
    sha256: 'fa6611d3efa2d5a5f624976458d25988bfd5626afc09402f662ff0defbb45cd4',
    platforms: ['macosx_11_0_arm64'],
  },
  'darwin-x64': {
    sha256: '425ec71e34fe588f4a917cd4c042fab84a70006537e36bfd6bb0d6ae274bb13c',
    platforms: ['macosx_11_0_x86_64'],
  },
}

/** null where there is none for a system. */
export const mpichWheel = ({ platform, arch } = process as Pick<NodeJS.Process, 'platform' | 'arch'>) =>
  wheels[`${platform}-${arch}`] ?? null

/** The folder that `setUpMpi` makes. */
export const mpiFolder = (): string => join(cacheFolder('backends'), `mpich-${mpichVersion}`)

const libraryName = () => (process.platform === 'darwin' ? 'libmpi_abi.1.dylib' : 'libmpi_abi.so.1')

/**
 * @throws MixflowError SETUP_UNSUPPORTED, SETUP_TOOL_MISSING, SETUP_FAILED, DOWNLOAD_OFFLINE, DOWNLOAD_HASH_MISMATCH, ABORTED;
 *   MpiError LIBRARY_UNSUPPORTED if the library fails here
 */
export async function setUpMpi(options: MpiSetUpOptions = {}): Promise<MpiSetUp> {
  const { env = process.env, signal, onPhase = () => {} } = options
  const wheel = wheelHere()
  const folder = mpiFolder()
  const [mpiexec, library] = [join(folder, 'bin', 'mpiexec'), join(folder, 'lib', libraryName())]
  const { outcome } = await makeFolder(folder, {
    signal,
    onWait: () => onPhase('waiting for another process to set up MPI'),
    find: async () => (existsSync(library) && existsSync(mpiexec) ? folder : null),
    make: async staging => {
      await fill(staging, wheel, { env, signal, onPhase })
      return folder
    },
  })
  const { version } = await tryLibrary(library)
  return { folder, mpiexec, outcome, version }
}

/** @throws MixflowError SETUP_UNSUPPORTED */
function wheelHere(): MpichWheel {
  const { platform, arch, isMusl, text } = thisSystem()
  const found = mpichWheel()
  if (found !== null && !isMusl) return found
  throw new MixflowError('SETUP_UNSUPPORTED', `there is no MPI to set up for ${text}`, {
    hint: 'install Open MPI or MPICH with the package manager of the system: @mixflow/mpi finds it there, or where MPI_LIB says',
    details: { platform, arch },
  })
}

async function fill(
  staging: string,
  { sha256, platforms }: MpichWheel,
  { onPhase, ...setting }: Setting & { readonly onPhase: (text: string) => void },
): Promise<void> {
  const programs = await findPrograms(['pip'], setting)
  // kept until the end, so that another attempt does not download it again
  const downloads = `${mpiFolder()}.wheels`
  onPhase(`download MPICH ${mpichVersion} (13 MB to download, 20 MB on disk)`)
  const wheel = { name: 'mpich', version: mpichVersion, sha256 }
  const files = await fetchWheels([wheel], downloads, { ...programs, ...setting, platforms, python: '3.11' })
  onPhase('unpack')
  for (const file of files) await unpackWheel(file, staging, { target: targetOf, signal: setting.signal })
  await rm(downloads, { recursive: true, force: true })
}

/** The standard ABI, what it links to, the launcher and its helper, and the licences. Not MPICH's own ABI, nor what compiles programs. */
export function targetOf(name: string): string | null {
  const [, licence] = /\.dist-info\/licenses\/([^/]+)$/.exec(name) ?? []
  if (licence !== undefined) return `licenses/${licence}`
  const [, path = ''] = /^mpich-[^/]*\.data\/data\/(.*)$/.exec(name) ?? []
  const isNeeded =
    /^bin\/(mpiexec|hydra_pmi_proxy)$/.test(path) ||
    /^lib\/libp?mpi_abi\.(so\.\d+|\d+\.dylib)$/.test(path) ||
    /^lib\/mpich\/.*\.(so|dylib)(\.|$)/.test(path)
  return isNeeded ? path : null
}
