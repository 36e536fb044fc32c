/**
 * CUDA for onnxruntime-node, whose npm package has the providers of the CPU and WebGPU only. The CUDA provider comes from the wheel
 * `onnxruntime-gpu` of the same version, the CUDA libraries from NVIDIA's wheels, all in one folder of the user's cache. Symbolic
 * links put the provider where onnxruntime-node looks for it. The libraries are found beside the provider without a search path.
 * The driver (libcuda.so.1) must be installed in the system.
 */

import { existsSync } from 'node:fs'
import { lstat, mkdir, rename, rm, symlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { parseStrictJson } from '@mixflow/core/internal'
import { readRegularFile } from '@mixflow/files'
import { z } from 'zod'
import { cacheFolder } from '../../data/cache-folder.ts'
import { makeFolder } from '../set-up/make-folder.ts'
import { checkLinux, findPrograms, type Setting } from '../set-up/programs.ts'
import { fetchWheels, unpackWheel, type Wheel } from '../set-up/wheels.ts'

/** Of onnxruntime-node and of onnxruntime-gpu, which must be the same. */
const version = '1.30.0'

const wheel = (name: string, version: string, sha256: string): Wheel => ({ name, version, sha256 })

const wheels = [
  wheel('onnxruntime-gpu', version, '6acc0f4b3d5ac5f2984432faa59dd8fcce6775f8b43a7140afa0f322c7a703b1'),
  wheel('nvidia-cublas', '13.10.0.20', 'dcc6d63884c53d07e267ce7e6feac17b2538cebaafec5db865736c3e28e4dc84'),
  wheel('nvidia-cuda-nvrtc', '13.5.37', '86b4d68058807988b7d9af5b44917a0601e9c337f35ccd657bfb3c759ff8d8bc'),
  wheel('nvidia-cuda-runtime', '13.5.37', 'df2b79a8852f10d1fef8c848489c49eebb5754051bf870202a862831412b179d'),
  wheel('nvidia-cudnn-cu13', '9.28.1.4', 'a54f205b1db1f2895d99f398754db1369816f0569dd459731f925635cf7b65ec'),
  wheel('nvidia-cufft', '12.5.0.14', 'b8be26837a5abad2b5b74f3e92dd29f622a42934b355be0961a48712cbba23ad'),
  wheel('nvidia-curand', '10.4.5.25', '22bb226a857e5888fe6b54ae465fc4371296bcff13a35f79e19691bcf454f529'),
  wheel('nvidia-nvjitlink', '13.5.37', '280d7cb9649704145f074b8dbde500de04ce02d0872e066e20a83c17bcaa93eb'),
] as const

const size = '1.6 GB to download, 2.3 GB on disk'

/** The libraries that onnxruntime-node loads by path. */
const linked = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'] as const

export interface CudaSetUpOptions {
  /** Folders of onnxruntime-node: a program may have several copies. */
  readonly runtimes: readonly string[]
  /** Environment of pip. Default: that of this process. */
  readonly env?: NodeJS.ProcessEnv
  readonly signal?: AbortSignal | undefined
  /** Called at the beginning of each phase, with a description. */
  readonly onPhase?: (text: string) => void
}

export interface CudaSetUp {
  readonly folder: string
  /** `found`: the libraries were already there. The links are made in any case, because an install may have removed them. */
  readonly outcome: 'made' | 'found'
}

/** Folder of the CUDA libraries for this version of ONNX Runtime. */
export const cudaFolder = (): string => join(cacheFolder('backends'), `cuda-13-onnxruntime-${version}`)

/**
 * @throws MixflowError SETUP_UNSUPPORTED (also for another version of onnxruntime-node), SETUP_TOOL_MISSING, SETUP_FAILED,
 *   DOWNLOAD_OFFLINE, DOWNLOAD_HASH_MISMATCH, ABORTED
 */
export async function setUpCuda(options: CudaSetUpOptions): Promise<CudaSetUp> {
  const { runtimes, env = process.env, signal, onPhase = () => {} } = options
  checkLinux('CUDA', 'ONNX Runtime has no CUDA for Node elsewhere: use the device "cpu" or "webgpu"')
  for (const runtime of runtimes) await checkVersion(runtime)
  const folder = cudaFolder()
  const { outcome } = await makeFolder(folder, {
    signal,
    onWait: () => onPhase('waiting for another process to set up CUDA'),
    find: async () => (existsSync(folder) ? folder : null),
    make: async staging => {
      await fill(staging, { env, signal, onPhase })
      return folder
    },
  })
  for (const runtime of runtimes) await link(folder, join(runtime, 'bin', 'napi-v6', process.platform, process.arch))
  return { folder, outcome }
}

async function fill(
  staging: string,
  { onPhase, ...setting }: Setting & { readonly onPhase: (text: string) => void },
): Promise<void> {
  const programs = await findPrograms(['pip'], setting)
  // removed only after success, so that another attempt does not download again
  const downloads = `${cudaFolder()}.wheels`
  onPhase(`download CUDA (${size})`)
  const files = await fetchWheels(wheels, downloads, { ...programs, ...setting, python: '3.12' })
  onPhase('unpack')
  for (const file of files) await unpackWheel(file, staging, { target: libraryName, signal: setting.signal })
  await rm(downloads, { recursive: true, force: true })
}

/** All shared libraries go into one folder, where they find each other. */
function libraryName(name: string): string | null {
  const base = basename(name)
  const isProvider = name.startsWith('onnxruntime/') && (linked as readonly string[]).includes(base)
  const isLibrary = name.startsWith('nvidia/') && name.includes('/lib/') && base.includes('.so')
  return isProvider || isLibrary ? base : null
}

async function checkVersion(runtime: string): Promise<void> {
  const path = join(runtime, 'package.json')
  const hint = `npm install onnxruntime-node@${version}`
  const json = parseStrictJson(await readRegularFile(path), { what: path, code: 'SETUP_FAILED', hint })
  const found = z.object({ version: z.string() }).safeParse(json).data
  if (found === undefined) {
    throw new MixflowError('SETUP_FAILED', `${path} states no version`, { hint, details: { folder: runtime } })
  }
  if (found.version === version) return
  const message = `onnxruntime-node is version ${found.version}, CUDA can be set up for ${version}`
  const details = { folder: runtime, found: found.version, version }
  throw new MixflowError('SETUP_UNSUPPORTED', message, { hint, details })
}

/** A regular file with the name of a link comes from onnxruntime-node's installer and is not replaced. */
async function link(folder: string, target: string): Promise<void> {
  await mkdir(target, { recursive: true })
  for (const name of linked) {
    const path = join(target, name)
    const existing = await lstat(path).catch(() => null)
    if (existing !== null && !existing.isSymbolicLink()) continue
    await rm(`${path}.part`, { force: true })
    await symlink(join(folder, name), `${path}.part`)
    await rename(`${path}.part`, path)
  }
}
