/**
 * What `mixflow.json` and `checkpoint.json` have in common as files: JSON that opens with `format` and `version`, read
 * strictly, written in one order with two spaces of indent and a final line end.
 */
import type { MixflowErrorCode } from '../errors.ts'
import { type Field, invalid, type Location } from './schema.ts'
import { parseStrictJson } from './strict-json.ts'

export interface RecordFile<T> {
  /** The file's name. */
  readonly what: string
  readonly code: MixflowErrorCode
  readonly format: string
  readonly version: number
  readonly maxBytes: number
  /** The whole record, its inner consistency included. */
  readonly field: Field<T>
}

/** @throws MixflowError with the file's code; `details.reason` also `format` and `version`. */
export function parseRecord<T>(source: string | Uint8Array, file: RecordFile<T>): T {
  const json = parseStrictJson(source, { what: file.what, code: file.code, maxBytes: file.maxBytes })
  const location: Location = { what: file.what, code: file.code, path: '' }
  const { format, version } = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>
  if (format !== file.format) {
    throw invalid(location, 'format', `must have format ${JSON.stringify(file.format)}`, {
      value: format,
      hint: `this is another kind of file: a ${file.what} of mixflow opens with "format": "${file.format}"`,
    })
  }
  if (version !== file.version) {
    throw invalid(location, 'version', `must have version ${file.version}`, {
      value: version,
      hint: 'it was written by another version of mixflow: update this one, or write the file again with it',
    })
  }
  return file.field(json, location)
}

/** @throws MixflowError as `parseRecord` would when reading the result: nothing is written that cannot be read. */
export function recordToJson<T>(record: T, file: RecordFile<T>): string {
  const ordered = file.field(record, { what: file.what, code: file.code, path: '' })
  const text = `${JSON.stringify(ordered, null, 2)}\n`
  parseRecord(text, file)
  return text
}
