/**
 * The least that a device has to do before it is trusted with a model: run a graph of one node, and give the right number. In this
 * process, or in a child first: a graphics driver that crashes or hangs there ends nothing but the child.
 */
import { execFile } from 'node:child_process'
import { constants } from 'node:os'
import { openSession, runtimePath } from '../runtime/onnxruntime.ts'

/** A model with one node, y = |x|, for one number. */
const oneNode =
  'CAgSEkBtaXhmbG93L3RmanMtb25ueDo/ChAKAXgSBm91dHB1dCIDQWJzEgR0ZmpzWg8KAXgSCgoICAESBAoCCAFiFAoGb3V0cHV0EgoKCAgBEgQKAggBQgIQEQ=='

export const providerOptions = (provider: string) => ({
  executionProviders: [provider],
  graphOptimizationLevel: 'all' as const,
  logSeverityLevel: 3 as const,
})

/** A provider, and the shared libraries that it needs in the process though no search path leads to them. */
export interface Trial {
  readonly provider: string
  readonly libraries?: readonly string[]
}

/** @throws what ONNX Runtime throws, or an Error that tells the wrong number */
export async function runOneNode({ provider, libraries = [] }: Trial): Promise<void> {
  for (const library of libraries) {
    try {
      process.dlopen({ exports: {} }, library, libraryFlags)
    } catch {} // always: it is no addon. What could not be loaded, the provider will be said to lack
  }
  const session = await openSession(Buffer.from(oneNode, 'base64'), providerOptions(provider))
  try {
    const { output } = await session.run({ x: { type: 'float32', data: Float32Array.of(-3), dims: [1] } })
    if (output?.data[0] !== 3) throw new Error(`it gives ${output?.data[0]} for |-3|`)
  } finally {
    await session.release()
  }
}

/** Keeps a library in the process though it is no addon; a flag of glibc that Node has no name for. */
const noDelete = 0x1000

const libraryFlags = constants.dlopen.RTLD_NOW | constants.dlopen.RTLD_GLOBAL | noDelete

/** Why a device cannot be used: something is not there, it says no, it ends or holds up whoever asks, or it could not be asked. */
export type Reason = 'missing' | 'refused' | 'crashed' | 'silent' | 'untried'

export interface Problem {
  readonly reason: Reason
  readonly message: string
  readonly cause?: unknown
}

/** The same in a child process; null where it worked. */
export function runOneNodeInChild({ provider, libraries = [] }: Trial): Promise<Problem | null> {
  const runtime = runtimePath()
  const options = providerOptions(provider)
  return tryInChild(childSource, [JSON.stringify({ runtime, oneNode, options, libraries, libraryFlags })])
}

const refusalCode = 3

/** Text, because the file that a process starts from would be another one in the sources than in the built package. */
const childSource = `
const { writeSync } = require('node:fs')
const { runtime, oneNode, options, libraries, libraryFlags } = JSON.parse(process.argv[1])
const run = async () => {
  for (const library of libraries) try { process.dlopen({ exports: {} }, library, libraryFlags) } catch {}
  const { InferenceSession, Tensor } = require(runtime)
  const session = await InferenceSession.create(Buffer.from(oneNode, 'base64'), options)
  const { output } = await session.run({ x: new Tensor('float32', Float32Array.of(-3), [1]) })
  if (output.data[0] !== 3) throw new Error('it gives ' + output.data[0] + ' for |-3|')
  await session.release()
}
run().catch(error => {
  writeSync(1, String(error && error.message || error))
  process.exit(${refusalCode})
})
`

/** Starting a driver for the first time takes seconds; compiling shaders of a software one, some more. */
const patience = 60_000

/**
 * Runs a script of CommonJS in a Node of its own, which exits with 0 if all went well, and with 3 after it printed what did not.
 *
 * @param milliseconds after which it is ended
 */
export function tryInChild(source: string, args: readonly string[], milliseconds = patience): Promise<Problem | null> {
  // Electron's own program is Node only if told so
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' }
  const options = { env, timeout: milliseconds, killSignal: 'SIGKILL', windowsHide: true } as const
  return new Promise<Problem | null>(resolve => {
    execFile(process.execPath, ['-e', source, ...args], options, (cause, stdout) => {
      resolve(cause && { ...problemOf(cause, stdout, milliseconds), cause })
    })
  }).catch(cause => ({ reason: 'untried', message: `no process can be started to try it (${cause})`, cause }))
}

type ChildFailure = {
  readonly code?: number | string | null
  readonly killed?: boolean
  readonly signal?: string | null
}

function problemOf({ code, killed, signal }: ChildFailure, stdout: string, milliseconds: number): Problem {
  if (killed) return { reason: 'silent', message: `a process that tried it gave no answer in ${milliseconds / 1000} s` }
  if (typeof code === 'string') return { reason: 'untried', message: `no process can be started to try it (${code})` }
  if (code === refusalCode) return { reason: 'refused', message: stdout }
  return { reason: 'crashed', message: `a process that tried it was ended by it (${signal ?? `exit code ${code}`})` }
}
