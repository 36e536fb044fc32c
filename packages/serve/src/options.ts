/** What a server is told besides its models: where it listens, whom it answers, and how much it takes on. */
import { MixflowError } from '@mixflow/core'
import { checkKeys, show } from '@mixflow/core/internal'
import type { Log } from './http/log.ts'

export interface ServeOptions {
  /** Address or name to listen on; `127.0.0.1` unless said, which only programs on this machine reach. */
  readonly host?: string
  /** 0..65535; 8080 unless said, and 0 is any that is free. */
  readonly port?: number
  /** Names that requests may come under, besides addresses and localhost: against pages that rebind theirs to this machine. */
  readonly allowHosts?: readonly string[]
  /** Origins of pages that may use the server (`https://example.org`); `*` is all. None unless said. */
  readonly allowOrigins?: readonly string[]
  /** Rows of one evaluation, 2..4096: images of all requests at once, a guided one counting twice; 32 unless said. */
  readonly largestBatch?: number
  /** Images of one request, 1..10,000; 256 unless said. */
  readonly maxCount?: number
  /** Calls of the network per image of a fixed-step solver, 1..100,000; 256 unless said. Adaptive ones end with their time. */
  readonly maxNfe?: number
  /** Images of all unfinished requests of a model, `maxCount`..1,000,000; 1024 unless said. One more, and a request is refused. */
  readonly maxQueue?: number
  /** Seconds that a request may take, waiting included, 0.001..86,400; 60 unless said. */
  readonly timeoutSeconds?: number
  /** Seconds that requests have to end once the server is closed, 0..86,400; 30 unless said. */
  readonly drainSeconds?: number
  /** Gets a record for each request and each fault; nothing is logged unless said. */
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
  maxNfe: 256,
  maxQueue: 1024,
  timeoutSeconds: 60,
  drainSeconds: 30,
  log: () => {},
}

/** Least, most, and whether only whole numbers mean something. */
const ranges = {
  port: [0, 65_535, true],
  largestBatch: [2, 4096, true],
  maxCount: [1, 10_000, true],
  maxNfe: [1, 100_000, true],
  maxQueue: [1, 1_000_000, true],
  timeoutSeconds: [0.001, 86_400, false],
  drainSeconds: [0, 86_400, false],
} as const satisfies Partial<Record<keyof ServeOptions, readonly [number, number, boolean]>>

/** @throws MixflowError ARGUMENT_INVALID naming the option */
export function resolveOptions(options: ServeOptions = {}): ResolvedOptions {
  checkKeys(options as unknown, Object.keys(defaults), { what: 'serve' })
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  const resolved: ResolvedOptions = { ...defaults, ...Object.fromEntries(given) }
  for (const [name, [least, most, isWhole]] of Object.entries(ranges)) {
    const value = resolved[name as keyof typeof ranges] as unknown
    const fits = typeof value === 'number' && value >= least && value <= most && (!isWhole || Number.isInteger(value))
    if (!fits) throw wrong({ name, value, expected: `a${isWhole ? ' whole' : ''} number in ${least}..${most}` })
  }
  const { host, maxCount, maxQueue, allowHosts, allowOrigins, log } = resolved
  if (maxQueue < maxCount)
    throw wrong({ name: 'maxQueue', value: maxQueue, expected: `at least maxCount, ${maxCount}` })
  if (!isText(host)) throw wrong({ name: 'host', value: host, expected: 'an address or a name' })
  if (!isList(allowHosts)) throw wrong({ name: 'allowHosts', value: allowHosts, expected: 'a list of names' })
  if (!isList(allowOrigins) || !allowOrigins.every(isOrigin)) {
    const expected = 'a list of origins such as "https://example.org", or of "*"'
    throw wrong({
      name: 'allowOrigins',
      value: isList(allowOrigins) ? allowOrigins.join(', ') : allowOrigins,
      expected,
    })
  }
  if (typeof log !== 'function') throw wrong({ name: 'log', value: log, expected: 'a function' })
  return resolved
}

interface Wrong {
  readonly name: string
  readonly value: unknown
  readonly expected: string
}

const wrong = ({ name, value, expected }: Wrong): MixflowError =>
  new MixflowError('ARGUMENT_INVALID', `${name} must be ${expected}, got ${show(value)}`, { details: { name, value } })

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
const isList = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText)
const isOrigin = (text: string): boolean => text === '*' || (URL.canParse(text) && new URL(text).origin === text)
