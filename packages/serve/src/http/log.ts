/** Records of what happened, for a line each in a log. */
import { printable } from '@mixflow/core/internal'

/** A record; its values are short, and JSON can hold them. */
export interface LogRecord {
  readonly level: 'info' | 'warn' | 'error'
  /** What happened, a stable word: `listening`, `exposed`, `request`, `fault`, `stopping`, `stopped`. */
  readonly event: string
  readonly [field: string]: string | number | boolean | null | undefined
}

export type Log = (record: LogRecord) => void

/** One line of JSON, with the time first; what came from outside cannot break it. */
export const logLine = (record: LogRecord, now = new Date()): string =>
  `${printable(JSON.stringify({ time: now.toISOString(), ...record }))}\n`
