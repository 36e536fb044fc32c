/** The options of a server: where it listens, who may use it, and its limits. */
import { MixflowError } from '@mixflow/core'
import { checkKeys, defined, printable, show } from '@mixflow/core/internal'

export interface ServeOptions {
  /** Address or name to listen on. Default: `127.0.0.1`, which only programs on this machine can reach. */
  readonly host?: string
  /** 0..65535; 0 is any free port. Default: 8080. */
  readonly port?: number
  /** Allowed values of the Host header besides IP addresses and localhost; a protection against DNS rebinding. Default: none. */
  readonly allowHosts?: readonly string[]
  /** Origins of pages that may use the server, such as `https://example.org`, or `*` for all. Default: none. */
  readonly allowOrigins?: readonly string[]
  /** Maximum rows of one evaluation, 2..4096: images of all requests, those with guidance counting twice. Default: 32. */
  readonly largestBatch?: number
  /** Maximum number of images of a request, 1..10,000. Default: 256. */
  readonly maxCount?: number
  /** Maximum number of network calls per image of a fixed-step solver, 1..100,000. Default: 256. Adaptive solvers are limited by `timeoutSeconds`. */
  readonly maxNetworkCalls?: number
  /** Maximum number of images of all unfinished requests of a model, `maxCount`..1,000,000. Default: 1024. */
  readonly maxQueue?: number
  /** Maximum duration of a request, including waiting, 0.001..86,400 s. Default: 60. */
  readonly timeoutSeconds?: number
  /** How long running requests may continue once the server is closed, 0..86,400 s. Default: 30. */
  readonly drainSeconds?: number
  /** Called with a record for each request and each internal error. Default: nothing is logged. */
  readonly log?: Log
}

export type ResolvedOptions = Required<ServeOptions>

const defaults: ResolvedOptions = {
  host: '127.0.0.1',
  port: 8080,
  allowHosts: [],
  allowOrigins: [],
  largestBatch: 32,
  maxCount: 256,
  maxNetworkCalls: 256,
  maxQueue: 1024,
  timeoutSeconds: 60,
  drainSeconds: 30,
  log: () => {},
}

/** Minimum, maximum, and whether only whole numbers are allowed. */
const ranges = {
  port: [0, 65_535, true],
  largestBatch: [2, 4096, true],
  maxCount: [1, 10_000, true],
  maxNetworkCalls: [1, 100_000, true],
  maxQueue: [1, 1_000_000, true],
  timeoutSeconds: [0.001, 86_400, false],
  drainSeconds: [0, 86_400, false],
} as const satisfies Partial<Record<keyof ServeOptions, readonly [number, number, boolean]>>

/** @throws MixflowError ARGUMENT_INVALID naming the option */
export function resolveOptions(options: ServeOptions = {}): ResolvedOptions {
  checkKeys(options as unknown, Object.keys(defaults), { what: 'serve' })
  const resolved: ResolvedOptions = { ...defaults, ...defined(options) }
  for (const [name, [least, most, isWhole]] of Object.entries(ranges)) {
    const value = resolved[name as keyof typeof ranges] as unknown
    const fits = typeof value === 'number' && value >= least && value <= most && (!isWhole || Number.isInteger(value))
    if (!fits) throw wrong(name, value, `a${isWhole ? ' whole' : ''} number in ${least}..${most}`)
  }
  const { host, maxCount, maxQueue, allowHosts, allowOrigins, log } = resolved
  if (maxQueue < maxCount) throw wrong('maxQueue', maxQueue, `at least maxCount, ${maxCount}`)
  if (!isText(host)) throw wrong('host', host, 'an address or a name')
  if (!isList(allowHosts)) throw wrong('allowHosts', allowHosts, 'a list of names')
  if (!isList(allowOrigins) || !allowOrigins.every(isOrigin)) {
    const shown = isList(allowOrigins) ? allowOrigins.join(', ') : allowOrigins
    throw wrong('allowOrigins', shown, 'a list of origins such as "https://example.org", or of "*"')
  }
  if (typeof log !== 'function') throw wrong('log', log, 'a function')
  return resolved
}

const wrong = (name: string, value: unknown, expected: string): MixflowError =>
  new MixflowError('ARGUMENT_INVALID', `${name} must be ${expected}, got ${show(value)}`, { details: { name, value } })

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
const isList = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText)
const isOrigin = (text: string): boolean => text === '*' || (URL.canParse(text) && new URL(text).origin === text)

export interface LogRecord {
  readonly level: 'info' | 'warn' | 'error'
  /** `listening`, `exposed`, `request`, `fault`, `stopping` or `stopped`. */
  readonly event: string
  readonly [field: string]: string | number | boolean | null | undefined
}

export type Log = (record: LogRecord) => void

/** Returns a record as one line of JSON that begins with the time; control characters are escaped. */
export const logLine = (record: LogRecord, now = new Date()): string =>
  `${printable(JSON.stringify({ time: now.toISOString(), ...record }))}\n`
