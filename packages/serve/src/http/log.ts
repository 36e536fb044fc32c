/** Log records, one line of JSON each. */
import { printable } from '@mixflow/core/internal'

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
