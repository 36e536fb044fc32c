/**
 * Tests a device by running a graph of one node and checking the result, in this process or in a child process, which a
 * graphics driver may crash or hang without harm.
 */
import { execFile } from 'node:child_process'
import { constants } from 'node:os'
import { openSession, runtimePath } from '../onnxruntime.ts'

/** A model with one node, y = |x|, for one number. */
const oneNode =
  'CAgSEkBtaXhmbG93L3RmanMtb25ueDo/ChAKAXgSBm91dHB1dCIDQWJzEgR0ZmpzWg8KAXgSCgoICAESBAoCCAFiFAoGb3V0cHV0EgoKCAgBEgQKAggBQgIQEQ=='

export const providerOptions = (provider: string) => ({
  executionProviders: [provider],
  graphOptimizationLevel: 'all' as const,
  logSeverityLevel: 3 as const,
})

/** An execution provider, and the shared libraries that must be loaded for it because they are on no search path. */
export interface Trial {
  readonly provider: string
  readonly libraries?: readonly string[]
}

/** @throws what ONNX Runtime throws, or an Error for a wrong result */
export async function tryDevice({ provider, libraries = [] }: Trial): Promise<void> {
  for (const library of libraries) {
    try {
      process.dlopen({ exports: {} }, library, libraryFlags)
    } catch {} // always throws, since it is not an addon; the provider reports a library that is missing
  }
  const session = await openSession(Buffer.from(oneNode, 'base64'), providerOptions(provider))
  try {
    const { output } = await session.run({ x: { type: 'float32', data: Float32Array.of(-3), dims: [1] } })
    if (output?.data[0] !== 3) throw new Error(`|-3| was computed as ${output?.data[0]}`)
  } finally {
    await session.release()
  }
}

/** RTLD_NODELETE of glibc, which Node does not name: keeps the library loaded although it is not an addon. */
const noDelete = 0x1000

const libraryFlags = constants.dlopen.RTLD_NOW | constants.dlopen.RTLD_GLOBAL | noDelete

/** Why a device cannot be used: a file is missing, it reports an error, it crashes or hangs its process, or no process could be started. */
export type Reason = 'missing' | 'refused' | 'crashed' | 'silent' | 'untried'

export interface Problem {
  readonly reason: Reason
  readonly message: string
  readonly cause?: unknown
}

/** As `tryDevice`, in a child process. Returns null on success. */
export function tryDeviceInChild({ provider, libraries = [] }: Trial): Promise<Problem | null> {
  const runtime = runtimePath()
  const options = providerOptions(provider)
  return tryInChild(childSource, [JSON.stringify({ runtime, oneNode, options, libraries, libraryFlags })])
}

const refusalCode = 3

/** As text, because the path of a file to start from would differ between the sources and the built package. */
const childSource = `
const { writeSync } = require('node:fs')
const { runtime, oneNode, options, libraries, libraryFlags } = JSON.parse(process.argv[1])
const run = async () => {
  for (const library of libraries) try { process.dlopen({ exports: {} }, library, libraryFlags) } catch {}
  const { InferenceSession, Tensor } = require(runtime)
  const session = await InferenceSession.create(Buffer.from(oneNode, 'base64'), options)
  const { output } = await session.run({ x: new Tensor('float32', Float32Array.of(-3), [1]) })
  if (output.data[0] !== 3) throw new Error('|-3| was computed as ' + output.data[0])
  await session.release()
}
run().catch(error => {
  writeSync(1, String(error && error.message || error))
  process.exit(${refusalCode})
})
`

/** The first start of a driver takes seconds, and longer where software rendering compiles shaders. */
const defaultTimeoutMs = 60_000

/**
 * Runs a CommonJS script in a child process. The script exits with 0 on success, and prints the problem and exits with 3 on failure.
 *
 * @param milliseconds timeout, after which the child is killed
 */
export function tryInChild(
  source: string,
  args: readonly string[],
  milliseconds = defaultTimeoutMs,
): Promise<Problem | null> {
  // Electron's executable runs as Node only with this variable
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' }
  const options = { env, timeout: milliseconds, killSignal: 'SIGKILL', windowsHide: true } as const
  return new Promise<Problem | null>(resolve => {
    execFile(process.execPath, ['-e', source, ...args], options, (cause, stdout) => {
      resolve(cause && { ...problemOf(cause, stdout, milliseconds), cause })
    })
  }).catch(cause => ({ reason: 'untried', message: `no process could be started to test it (${cause})`, cause }))
}

type ChildFailure = {
  readonly code?: number | string | null
  readonly killed?: boolean
  readonly signal?: string | null
}

function problemOf({ code, killed, signal }: ChildFailure, stdout: string, milliseconds: number): Problem {
  if (killed) return { reason: 'silent', message: `the test process did not finish within ${milliseconds / 1000} s` }
  if (typeof code === 'string')
    return { reason: 'untried', message: `no process could be started to test it (${code})` }
  if (code === refusalCode) return { reason: 'refused', message: stdout }
  return { reason: 'crashed', message: `the test process crashed (${signal ?? `exit code ${code}`})` }
}
