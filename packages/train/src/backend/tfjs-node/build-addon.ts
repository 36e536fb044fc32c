/**
 * Compiles the addon of tfjs-node from the package's own two files. Plain compiler calls, without node-gyp: an N-API addon needs
 * nothing of Node but two headers (the npm package node-api-headers), and its symbols are the running process's own.
 */

import { mkdir, rename, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { ProgramFailed, type Programs, reasonIn, runProgram, type Setting } from '../set-up/programs.ts'
import { unpackWheel } from '../set-up/unpack-wheel.ts'
import { packageFolder, type TfjsNodeKind } from './kind.ts'

/** The newest version of N-API that tfjs-node knows, and where it looks for an addon that uses it. */
const napi = 8

/** The two libraries as wheels have them -> as tfjs-node links with them. */
const libraries = {
  'libtensorflow_cc.so.2': 'libtensorflow.so',
  'libtensorflow_framework.so.2': 'libtensorflow_framework.so',
} as const

const include = 'tensorflow/include/'
const headers = ['tensorflow/c/', 'tensorflow/core/platform/ctstring', 'tensorflow/tsl/', 'tsl/', 'xla/']

/** Of TensorFlow's wheel: its libraries and the headers of its C API. */
function placeOfTensorflow(name: string): string | null {
  const base = name.slice(name.lastIndexOf('/') + 1)
  if (name === `tensorflow/${base}` && base in libraries) return `lib/${base}`
  const header = name.startsWith(include) && name.endsWith('.h') ? name.slice(include.length) : ''
  return headers.some(start => header.startsWith(start)) ? `include/${header}` : null
}

/** Of CUDA's wheels all but their headers. TensorFlow's library looks for them in ../nvidia. */
const placeOfCuda = (name: string): string | null =>
  name.startsWith('nvidia/') && !name.includes('/include/') ? name : null

/** @throws MixflowError SETUP_FAILED, ABORTED */
export async function unpackLibraries(
  home: string,
  kind: TfjsNodeKind,
  wheels: readonly string[],
  signal?: AbortSignal,
) {
  const deps = join(packageFolder(home, kind), 'deps')
  const [tensorflow, ...cuda] = wheels as [string, ...string[]]
  await unpackWheel(tensorflow, deps, { place: placeOfTensorflow, signal })
  for (const wheel of cuda) await unpackWheel(wheel, deps, { place: placeOfCuda, signal })
  // cuDNN looks for nvrtc in a folder of another name than the wheel has
  if (cuda.length > 0) await symlink('cuda_nvrtc', join(deps, 'nvidia', 'nvrtc'))
  for (const [file, alias] of Object.entries(libraries)) await symlink(file, join(deps, 'lib', alias))
}

/** @throws MixflowError SETUP_FAILED with the compiler's words, ABORTED */
export async function buildAddon(
  home: string,
  kind: TfjsNodeKind,
  { compiler, ...setting }: Pick<Programs, 'compiler'> & Setting,
): Promise<void> {
  const folder = packageFolder(home, kind)
  const [target, built] = [`lib/napi-v${napi}`, 'tfjs_binding.node']
  await mkdir(join(folder, target), { recursive: true })
  const args = [
    ...['-O2', '-std=c++17', '-fPIC', '-shared', `-DNAPI_VERSION=${napi}`],
    ...['-I', join(home, 'node_modules', 'node-api-headers', 'include'), '-I', 'deps/include'],
    ...['binding/tfjs_backend.cc', 'binding/tfjs_binding.cc', '-o', `${target}/${built}.part`],
    ...['-Ldeps/lib', '-ltensorflow', '-ltensorflow_framework', '-Wl,-rpath,$ORIGIN/../../deps/lib'],
  ]
  await runProgram(compiler, args, { ...setting, cwd: folder }).catch(error => {
    if (!(error instanceof ProgramFailed)) throw error
    throw new MixflowError('SETUP_FAILED', `the addon of ${kind} could not be compiled`, {
      hint: [...reasonIn(error.output).split('\n'), 'a compiler for C++17 is needed: g++ 9 or newer'],
    })
  })
  await rename(join(folder, target, `${built}.part`), join(folder, target, built))
  await rm(join(folder, 'deps', 'include'), { recursive: true })
}
