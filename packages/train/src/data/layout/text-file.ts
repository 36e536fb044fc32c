/** The files that describe a data set: found, read as text, and parsed with the line that is wrong. */
import { MixflowError } from '@mixflow/core'
import type { DataFile } from '../file-list.ts'

export interface TextFile {
  readonly name: string
  /** The folder it is in, with `/` at the end: names in it count from there. */
  readonly folder: string
  readonly text: string
}

const mostBytes = 2 ** 28

/** @throws MixflowError DATA_INVALID if it cannot be read, is no UTF-8, or larger than 256 MiB */
export async function readText(file: DataFile): Promise<TextFile> {
  const { name } = file
  if (file.bytes > mostBytes) throw invalid(name, `has ${file.bytes} bytes, the most is ${mostBytes}`)
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await file.read())
    return { name, folder: name.slice(0, name.lastIndexOf('/') + 1), text }
  } catch (cause) {
    throw invalid(name, `cannot be read: ${(cause as Error).message}`)
  }
}

/** JSON of a described file. @throws MixflowError DATA_INVALID */
export function parsedJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    throw invalid(what, `is no JSON: ${(cause as Error).message}`)
  }
}

export const invalid = (name: string, what: string): MixflowError =>
  new MixflowError('DATA_INVALID', `${name} ${what}`, {
    hint: `repair ${name}, or remove it to read the images without it`,
    details: { name },
  })
