/**
 * The native addon of tfjs-node: compiles it from the two source files of the package, and checks that it works. One compiler call
 * replaces node-gyp, because an N-API addon needs only the headers of the npm package node-api-headers.
 */

import { mkdir, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { ProgramFailed, type Programs, reasonIn, runProgram, type Setting } from '../set-up/programs.ts'
import { unpackWheel } from '../set-up/wheels.ts'
import { packageFolder, parts, type TfjsNodeKind, tfjsNodeFolder } from './kind.ts'

/** The newest version of N-API that tfjs-node supports. */
const napi = 8

/** The two libraries: name in the wheel -> name that tfjs-node links with. */
const libraries = {
  'libtensorflow_cc.so.2': 'libtensorflow.so',
  'libtensorflow_framework.so.2': 'libtensorflow_framework.so',
} as const

const include = 'tensorflow/include/'
const headers = ['tensorflow/c/', 'tensorflow/core/platform/ctstring', 'tensorflow/tsl/', 'tsl/', 'xla/']

/** From TensorFlow's wheel: the libraries and the headers of the C API. */
function tensorflowTarget(name: string): string | null {
  const base = name.slice(name.lastIndexOf('/') + 1)
  if (name === `tensorflow/${base}` && base in libraries) return `lib/${base}`
  const header = name.startsWith(include) && name.endsWith('.h') ? name.slice(include.length) : ''
  return headers.some(start => header.startsWith(start)) ? `include/${header}` : null
}

/** From CUDA's wheels: everything except headers. TensorFlow's library looks in ../nvidia. */
const cudaTarget = (name: string): string | null =>
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
  await unpackWheel(tensorflow, deps, { target: tensorflowTarget, signal })
  for (const wheel of cuda) await unpackWheel(wheel, deps, { target: cudaTarget, signal })
  // cuDNN looks for nvrtc in this folder
  if (cuda.length > 0) await symlink('cuda_nvrtc', join(deps, 'nvidia', 'nvrtc'))
  for (const [file, alias] of Object.entries(libraries)) await symlink(file, join(deps, 'lib', alias))
}

/** @throws MixflowError SETUP_FAILED with the compiler's output, ABORTED */
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
      hint: [...reasonIn(error.output).split('\n'), 'a C++17 compiler is required: g++ 9 or newer'],
    })
  })
  await rename(join(folder, target, `${built}.part`), join(folder, target, built))
  await rm(join(folder, 'deps', 'include'), { recursive: true })
}

export interface AddonFacts {
  /** Version of the library: `2.15.1`. */
  readonly tensorflow: string
  /** Whether it sees a GPU. */
  readonly gpu: boolean
  /** Before the first step, and after some. */
  readonly losses: readonly [before: number, after: number]
}

/** Inline, so that it is the same in the sources and in the built package. */
const script = `
const util = require('node:util')
for (const [name, f] of Object.entries({ isNullOrUndefined: x => x == null, isArray: Array.isArray })) util[name] ??= f
const [home, name] = process.argv.slice(1)
const tf = require('node:module').createRequire(home + '/')(name)
const at = i => Math.sin(1.7 * i) / 2
const numbers = shape => tf.tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => at(i)), shape)
const filter = tf.variable(numbers([3, 3, 2, 2]))
const [x, target] = [numbers([4, 8, 8, 2]), tf.fill([4, 8, 8, 2], 0.25)]
const loss = () => tf.mean(tf.squaredDifference(tf.conv2d(x, filter, 1, 'same'), target))
const optimizer = tf.train.adam(0.05)
const before = loss().dataSync()[0]
for (let i = 0; i < 20; i++) optimizer.minimize(loss)
const { binding, isUsingGpuDevice } = tf.backend()
console.log(JSON.stringify({ tensorflow: binding.TF_Version, gpu: isUsingGpuDevice === true, losses: [before, loss().dataSync()[0]] }))
`

/** Losses of tfjs's cpu backend. GPUs compute convolutions with a relative precision of about 1e-3. */
const expected = [0.124005, 0.067446] as const
const tolerance = 2e-4

/**
 * Checks native TensorFlow in a child process (so that a crash of a library does not end this one): trains a small convolution for
 * a few steps and compares the loss with that of tfjs's JavaScript backend.
 *
 * @throws MixflowError SETUP_FAILED if it does not load or its results differ, ABORTED
 */
export async function checkAddon(home: string, kind: TfjsNodeKind, { env, signal }: Setting): Promise<AddonFacts> {
  const quiet = { TF_CPP_MIN_LOG_LEVEL: '3', TF_FORCE_GPU_ALLOW_GROWTH: 'true', ...env }
  const args = ['--no-deprecation', '-e', script, home, parts[kind].package]
  const output = await runProgram([process.execPath], args, { env: quiet, signal }).catch(error => {
    if (!(error instanceof ProgramFailed)) throw error
    throw failed(kind, 'does not load or run', reasonIn(error.output).split('\n'))
  })
  const facts = factsIn(output)
  if (facts === null) throw failed(kind, 'prints no result of its test', output.trim().split('\n').slice(-6))
  if (facts.losses.every((loss, i) => Math.abs(loss - (expected[i] as number)) < tolerance)) return facts
  throw failed(kind, `computes wrong results: losses ${facts.losses}, expected ${expected}`)
}

/** The last line of the script's output; libraries may print before it. */
function factsIn(output: string): AddonFacts | null {
  try {
    const facts = JSON.parse(output.slice(output.lastIndexOf('\n{') + 1)) as Partial<AddonFacts> | null
    return Array.isArray(facts?.losses) ? (facts as AddonFacts) : null
  } catch {
    return null
  }
}

const failed = (kind: TfjsNodeKind, message: string, reasons: readonly string[] = []): MixflowError =>
  new MixflowError('SETUP_FAILED', `${kind} ${message}`, {
    hint: [...reasons, 'nothing was installed; train without --backend, which uses the onnx backend'],
  })

/**
 * Facts about the installed copy that training would use, from a child process; null if there is none.
 *
 * @throws MixflowError SETUP_FAILED if it is installed but does not work
 */
export async function tfjsNodeFacts(kind: TfjsNodeKind): Promise<AddonFacts | null> {
  const homes = [process.cwd(), tfjsNodeFolder(kind)].filter(home => has(home, kind))
  let problem: unknown
  for (const home of homes) {
    try {
      return await checkAddon(home, kind, { env: process.env })
    } catch (error) {
      problem = error
    }
  }
  if (problem !== undefined) throw problem
  return null
}

function has(home: string, kind: TfjsNodeKind): boolean {
  try {
    return createRequire(join(home, 'package.json')).resolve(parts[kind].package) !== ''
  } catch {
    return false
  }
}
