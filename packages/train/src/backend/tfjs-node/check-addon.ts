/**
 * Proves a native TensorFlow: loads it in a process of its own, so that a library that crashes takes nothing along, and trains
 * a small convolution for a few steps, which must come to the same loss as tfjs's plain JavaScript backend does.
 */

import { MixflowError } from '@mixflow/core'
import { ProgramFailed, reasonIn, runProgram, type Setting } from '../set-up/programs.ts'
import { parts, type TfjsNodeKind } from './kind.ts'

export interface AddonFacts {
  /** Of the library: `2.15.1`. */
  readonly tensorflow: string
  /** Whether it sees a GPU. */
  readonly gpu: boolean
  /** Before the first step, and after some. */
  readonly losses: readonly [before: number, after: number]
}

/** It is text, because a file would be another one in the sources than in the built package. */
const script = `
const util = require('node:util')
for (const [name, f] of Object.entries({ isNullOrUndefined: x => x == null, isArray: Array.isArray })) util[name] ??= f
const [home, name] = process.argv.slice(1)
const tf = require('node:module').createRequire(home + '/')(name)
const at = i => Math.sin(1.7 * i) / 2
const numbers = shape => tf.tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => at(i)), shape)
const filter = tf.variable(numbers([3, 3, 2, 2]))
const [x, wanted] = [numbers([4, 8, 8, 2]), tf.fill([4, 8, 8, 2], 0.25)]
const loss = () => tf.mean(tf.squaredDifference(tf.conv2d(x, filter, 1, 'same'), wanted))
const optimizer = tf.train.adam(0.05)
const before = loss().dataSync()[0]
for (let i = 0; i < 20; i++) optimizer.minimize(loss)
const { binding, isUsingGpuDevice } = tf.backend()
console.log(JSON.stringify({ tensorflow: binding.TF_Version, gpu: isUsingGpuDevice === true, losses: [before, loss().dataSync()[0]] }))
`

/** What tfjs's cpu backend gives. GPUs round the factors of a convolution to a thousandth. */
const expected = [0.124005, 0.067446] as const
const tolerance = 2e-4

/** @throws MixflowError SETUP_FAILED if it does not load or computes something else, ABORTED */
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
  throw failed(kind, `computes something else than it should: losses ${facts.losses}, expected ${expected}`)
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
    hint: [...reasons, 'nothing was kept; train without --backend: the onnx backend needs none of this'],
  })
