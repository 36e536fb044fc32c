/**
 * libtorch for `@mixflow/tfjs-torch`, from PyTorch's own wheel: the libraries of the CPU (on macOS with MPS), and with `cuda` also those of
 * CUDA with the NVIDIA libraries they need, side by side in one folder of the user's cache. Python is needed for pip alone.
 */

import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { findLibrary, type LibraryFacts, libraryFile, tryLibrary } from '@mixflow/tfjs-torch'
import { cacheFolder } from '../../data/cache-folder.ts'
import { makeFolder } from '../set-up/make-folder.ts'
import { findPrograms, type Setting, thisSystem } from '../set-up/programs.ts'
import { fetchWheels, unpackWheel } from '../set-up/wheels.ts'
import { type TorchKind, type TorchWheels, torchVersion, torchWheels } from './torch-wheels.ts'

export interface TorchSetUpOptions {
  /** Also the libraries of CUDA. Default: false */
  readonly cuda?: boolean
  /** Environment of pip. Default: that of this process. */
  readonly env?: NodeJS.ProcessEnv
  readonly signal?: AbortSignal | undefined
  /** Called at the beginning of each phase, with a description. */
  readonly onPhase?: (text: string) => void
}

export interface TorchSetUp {
  readonly folder: string
  readonly outcome: 'made' | 'found'
  /** Such as '2.15'. */
  readonly version: string
  /** Devices that it computes on here. */
  readonly devices: readonly string[]
}

const folderOf = (kind: TorchKind): string => join(cacheFolder('backends'), `libtorch-${torchVersion}-${kind}`)

/** The folders that `setUpTorch` makes, the one with CUDA first. */
export const torchFolders = (): string[] => [folderOf('cuda'), folderOf('cpu')]

/** The libtorch that the backend `torch` would use. @throws TorchBackendError LIBRARY_MISSING, LIBRARY_UNSUPPORTED */
export const torchFacts = async (): Promise<LibraryFacts> => tryLibrary(await findLibrary({ folders: torchFolders() }))

/**
 * @throws MixflowError SETUP_UNSUPPORTED, SETUP_TOOL_MISSING, SETUP_FAILED, DOWNLOAD_OFFLINE, DOWNLOAD_HASH_MISMATCH, ABORTED;
 *   TorchBackendError LIBRARY_UNSUPPORTED if the library fails here
 */
export async function setUpTorch(options: TorchSetUpOptions = {}): Promise<TorchSetUp> {
  const { cuda = false, env = process.env, signal, onPhase = () => {} } = options
  const kind = cuda ? 'cuda' : 'cpu'
  const wheels = wheelsHere(kind)
  const folder = folderOf(kind)
  const { outcome } = await makeFolder(folder, {
    signal,
    onWait: () => onPhase('waiting for another process to set up libtorch'),
    find: async () => (existsSync(join(folder, libraryFile())) ? folder : null),
    make: async staging => {
      await fill(staging, kind, { ...wheels, env, signal, onPhase })
      return folder
    },
  })
  return { folder, outcome, ...(await tryLibrary(folder)) }
}

/** @throws MixflowError SETUP_UNSUPPORTED */
function wheelsHere(kind: TorchKind): TorchWheels {
  const { platform, arch, isMusl, text } = thisSystem()
  const found = torchWheels(kind)
  if (found !== null && !isMusl) return found
  const what = kind === 'cuda' ? 'libtorch with CUDA' : 'libtorch'
  const without = kind === 'cuda' && torchWheels('cpu') !== null && !isMusl ? 'leave out --gpu, or ' : ''
  throw new MixflowError('SETUP_UNSUPPORTED', `there is no ${what} to set up for ${text}`, {
    hint: `${without}pip install torch in a Python environment: the backend "torch" finds it there`,
    details: { platform, arch },
  })
}

async function fill(
  staging: string,
  kind: TorchKind,
  {
    onPhase,
    wheels,
    platforms,
    size,
    ...setting
  }: TorchWheels & Setting & { readonly onPhase: (text: string) => void },
): Promise<void> {
  const programs = await findPrograms(['pip'], setting)
  // kept until the end, so that another attempt does not download them again
  const downloads = `${folderOf(kind)}.wheels`
  await mkdir(downloads, { recursive: true })
  onPhase(`download libtorch ${torchVersion} (${size})`)
  const files = await fetchWheels(wheels, downloads, { ...programs, ...setting, platforms, python: '3.11' })
  onPhase('unpack')
  for (const file of files) await unpackWheel(file, staging, { target: targetOf(kind), signal: setting.signal })
  await rm(downloads, { recursive: true, force: true })
}

/** Shared libraries, side by side: they look for each other there. Without CUDA, neither its kernels nor the parts of Python. */
export const targetOf =
  (kind: TorchKind) =>
  (name: string): string | null => {
    const base = basename(name)
    if (!/\.(so|dylib|dll)(\.|$)/.test(base) || base.includes('python')) return null
    if (name.startsWith('torch/lib/')) {
      const isCuda = /cuda|nvshmem|nccl|gfortran/.test(base)
      return kind === 'cuda' || !isCuda ? base : null
    }
    return name.startsWith('nvidia/') && name.includes('/lib/') ? base : null
  }
