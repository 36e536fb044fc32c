/**
 * libtorch for `@mixflow/tfjs-torch`, from PyTorch's own wheel: the libraries of the CPU, and with `cuda` also those of CUDA with the
 * NVIDIA libraries they need, side by side in one folder of the user's cache. Python is needed for pip alone.
 */

import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { findLibrary, type LibraryFacts, libraryFile, tryLibrary } from '@mixflow/tfjs-torch'
import { cacheFolder } from '../../data/cache-folder.ts'
import { makeFolder } from '../set-up/make-folder.ts'
import { checkLinux, findPrograms, type Setting } from '../set-up/programs.ts'
import { fetchWheels, unpackWheel, type Wheel } from '../set-up/wheels.ts'

const version = '2.15.0'

const wheel = (name: string, version: string, sha256: string): Wheel => ({ name, version, sha256 })

/** What libtorch_cpu.so of the wheel with CUDA is linked to, also where no GPU is used. */
const always = [
  wheel('torch', version, '48c2d861134c0b5697c7602cb5ffa68f62a2989fdcd1717e593356f67996ca1e'),
  wheel('nvidia-cuda-cupti', '13.2.86', '8fa29f15dd8336181f961764d9d95236fc6b931dd0c8fcf8cd70aab0c310b586'),
  wheel('nvidia-cuda-runtime', '13.2.86', '3498247680dfddce31bad102af7e3e26fc795342a3cac64722bb0fa95e7f60f0'),
] as const

const forCuda = [
  wheel('nvidia-cublas', '13.4.1.3', 'a5917cb642cfb07f4a0231ee16aec7e2e0357d8cb8b1b78a0c9c68dba3e6afc7'),
  wheel('nvidia-cuda-nvrtc', '13.2.86', '8111c5130e967b78222ea2124145f8efe9ce201b752b2579a2513100a53be1c5'),
  wheel('nvidia-cudnn-cu13', '9.26.0.51', '9c976d539786698c71d6bcdbe2053b7485fae062ff7e1215d2f2ff67b1a2149a'),
  wheel('nvidia-cufft', '12.2.0.57', '34da27fadf3979b0b042c43823f0530be8408b86df31ee0108e1ca0b621d4ef6'),
  wheel('nvidia-cufile', '1.17.1.22', '87feaf8c3ad20d3d03a01933181801ff6892bace5c8f0b1e4b48f319d3e62d36'),
  wheel('nvidia-cusolver', '12.2.0.11', 'fab5778f6769947389a1a6abc07e635576825a08c0ffc68c3ae7f1392c794b42'),
  wheel('nvidia-cusparse', '12.7.10.12', '25907c75e4db1581685f06f61cc6cdecc04611765516a52373e0a18ebd69fa00'),
  wheel('nvidia-cusparselt-cu13', '0.8.1', '786ce87568c303fadb5afcc7102d454cd3040d75f6f8626f5db460d1871f4dd0'),
  wheel('nvidia-nccl-cu13', '2.30.7', 'cefa7fdb9710efd0f39c5f1be1d61ff6fc9a996c451265bd7fbdcf9455ed4b50'),
  wheel('nvidia-nvjitlink', '13.5.37', '280d7cb9649704145f074b8dbde500de04ce02d0872e066e20a83c17bcaa93eb'),
  wheel('nvidia-nvshmem-cu13', '3.7.2', 'b9a4f843c62b5dded8ad33fd6d220e007dcd39f06cee549292f5ba14ce4c235c'),
] as const

const sizes = { cpu: '0.55 GB to download, 0.5 GB on disk', cuda: '2.7 GB to download, 4 GB on disk' } as const

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

const folderOf = (kind: 'cpu' | 'cuda'): string => join(cacheFolder('backends'), `libtorch-${version}-${kind}`)

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
  checkLinux('libtorch', 'pip install torch in a Python environment: the backend "torch" finds it there')
  const kind = cuda ? 'cuda' : 'cpu'
  const folder = folderOf(kind)
  const { outcome } = await makeFolder(folder, {
    signal,
    onWait: () => onPhase('waiting for another process to set up libtorch'),
    find: async () => (existsSync(join(folder, libraryFile())) ? folder : null),
    make: async staging => {
      await fill(staging, kind, { env, signal, onPhase })
      return folder
    },
  })
  return { folder, outcome, ...(await tryLibrary(folder)) }
}

async function fill(
  staging: string,
  kind: 'cpu' | 'cuda',
  { onPhase, ...setting }: Setting & { readonly onPhase: (text: string) => void },
): Promise<void> {
  const programs = await findPrograms(['pip'], setting)
  // kept until the end, so that another attempt does not download them again
  const downloads = `${folderOf(kind)}.wheels`
  await mkdir(downloads, { recursive: true })
  onPhase(`download libtorch ${version} (${sizes[kind]})`)
  const wheels = kind === 'cuda' ? [...always, ...forCuda] : always
  const files = await fetchWheels(wheels, downloads, { ...programs, ...setting, python: '3.11' })
  onPhase('unpack')
  for (const file of files) await unpackWheel(file, staging, { target: targetOf(kind), signal: setting.signal })
  await rm(downloads, { recursive: true, force: true })
}

/** Shared libraries, side by side: they look for each other there. Without CUDA, neither its kernels nor the parts of Python. */
const targetOf =
  (kind: 'cpu' | 'cuda') =>
  (name: string): string | null => {
    const base = basename(name)
    if (!base.includes('.so') || base.includes('python')) return null
    if (name.startsWith('torch/lib/')) {
      const isCuda = /cuda|nvshmem|nccl|gfortran/.test(base)
      return kind === 'cuda' || !isCuda ? base : null
    }
    return name.startsWith('nvidia/') && name.includes('/lib/') ? base : null
  }
