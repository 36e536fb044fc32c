/**
 * A fixture: a JSON that says which part it is of (`group`), and tensors beside it. Everything is read strictly: a field
 * that is not known may change what the numbers mean, so it is refused by its name, and so are tensors that are missing or
 * of another shape than the JSON says. Which tensors were read is remembered, so that the others can be listed.
 */

import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import {
  float32Values,
  type JsonValue,
  nearest,
  parseSafetensors,
  parseStrictJson,
  type StoredTensor,
  type TensorDtype,
  tensorValues,
} from '@mixflow/core/internal'
import { readRegularFileSync } from '@mixflow/files'
import { z } from 'zod'
import type { Report } from './report.ts'

export interface Fixture {
  /** Path of the JSON. */
  readonly file: string
  readonly json: unknown
}

/** For people, and not looked at. */
export const prose = z.unknown().optional()

/** Of a whole fixture. */
export const remarks = { what: prose, note: prose, notes: prose, seed: prose, source: prose, made_with: prose }

/** `tensors`, `io_tensors`, …: what should be in the file of tensors. */
export const declaredTensors = z.record(
  z.string(),
  z.strictObject({ dtype: z.string(), shape: z.array(z.number().int().min(0)) }),
)
type Declared = z.infer<typeof declaredTensors>

export function invalid(file: string, message: string, hint?: string): MixflowError {
  return new MixflowError('VERIFY_INVALID', `${file}: ${message}`, {
    hint: hint ?? 'the numbers are damaged, or of another kind than this version of mixflow knows',
    details: { file },
  })
}

/** What a JSON file of reference numbers holds. @throws MixflowError VERIFY_INVALID */
export const readFixtureJson = (file: string): JsonValue =>
  parseStrictJson(readRegularFileSync(file), {
    what: file,
    code: 'VERIFY_INVALID',
    hint: `copy ${dirname(file)} again`,
  })

/** The JSON by its schema. @throws MixflowError VERIFY_INVALID naming the first field that is wrong. */
export function parsed<T>({ file, json }: Fixture, schema: z.ZodType<T>): T {
  const result = schema.safeParse(json)
  if (result.success) return result.data
  const issue = result.error.issues[0] as z.core.$ZodIssue
  const path = issue.path.map(key => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('')
  const at = path === '' ? '' : `${path.replace(/^\./, '')}: `
  if (issue.code !== 'unrecognized_keys') throw invalid(file, at + issue.message)
  const [key] = issue.keys as [string]
  throw invalid(file, `${at}unknown field "${key}"`, 'a field that is not known here may change what the numbers mean')
}

/** A name that the JSON gives, as one of those known here. */
export function known<W extends string>(
  word: string,
  words: readonly W[],
  { file, what }: { file: string; what: string },
): W {
  if ((words as readonly string[]).includes(word)) return word as W
  const near = nearest(word, words)
  const list = `known here: ${words.join(', ')}`
  throw invalid(file, `unknown ${what} "${word}"`, near === undefined ? list : `did you mean "${near}"?\n${list}`)
}

/** A file beside the JSON. What follows the name in brackets is for people: `x.safetensors (float32)`. */
export function fileBeside({ file }: Pick<Fixture, 'file'>, described: string): string {
  const name = described.replace(/\s*\(.*$/s, '')
  if (name === '' || name !== basename(name) || name.startsWith('.'))
    throw invalid(file, `"${described}" names no file beside it`)
  const path = join(dirname(file), name)
  if (!existsSync(path)) throw invalid(file, `there is no ${name} beside it`)
  return path
}

/** The tensors that belong to a JSON which does not say where they are: the file of its name, or the only one. */
export function tensorsOf(fixture: Fixture, declared: Declared | undefined): TensorFile {
  const own = basename(fixture.file).replace(/\.json$/, '.safetensors')
  const all = readdirSync(dirname(fixture.file)).filter(name => name.endsWith('.safetensors'))
  const [only = own] = all.length === 1 ? all : []
  return openTensors(fixture, all.includes(own) ? own : only).declared(declared)
}

export const openTensors = (fixture: Fixture, described: string): TensorFile =>
  new TensorFile(fileBeside(fixture, described))

const dtypes: Readonly<Record<string, TensorDtype>> = {
  ...{ float64: 'F64', float32: 'F32', float16: 'F16', bfloat16: 'BF16' },
  ...{ int64: 'I64', int32: 'I32', uint8: 'U8', bool: 'BOOL' },
}

export class TensorFile {
  readonly #tensors: ReadonlyMap<string, StoredTensor>
  readonly #read = new Set<string>()
  readonly path: string

  constructor(path: string, base?: TensorFile) {
    this.path = path
    const { tensors } = parseSafetensors(new Uint8Array(readRegularFileSync(path)), { name: path })
    this.#tensors = new Map([...(base === undefined ? [] : base.#tensors), ...tensors])
  }

  /** This file; refused if it is not what a JSON says of it. */
  declared(declared: Declared = {}): this {
    for (const [name, { dtype, shape }] of Object.entries(declared)) {
      const { dtype: own, shape: edges } = this.#tensor(name)
      if (own === dtypes[dtype] && edges.join() === shape.join()) continue
      throw invalid(
        this.path,
        `${name} is ${own} [${edges.join(', ')}], and ${dtype} [${shape.join(', ')}] in the JSON`,
      )
    }
    return this
  }

  get names(): string[] {
    return [...this.#tensors.keys()]
  }

  has(name: string): boolean {
    return this.#tensors.has(name)
  }

  shape(name: string): readonly number[] {
    return this.#tensor(name).shape
  }

  dtype(name: string): TensorDtype {
    return this.#tensor(name).dtype
  }

  /** Single precision, also of what is stored in another. */
  float32(name: string): Float32Array {
    return float32Values(this.#take(name))
  }

  float64(name: string): Float64Array {
    return Float64Array.from(tensorValues(this.#take(name)) as ArrayLike<number | bigint>, Number)
  }

  /** Lists what nobody has read. */
  listUnread(report: Report, why: string, names: readonly string[] = this.names): void {
    const left = names.filter(name => !this.#read.has(name))
    if (left.length === 0) return
    const some = left.slice(0, 3).join(', ')
    report.skip(basename(this.path), left.length > 3 ? `${some} and ${left.length - 3} more` : some, why)
  }

  #take(name: string): StoredTensor {
    this.#read.add(name)
    return this.#tensor(name)
  }

  #tensor(name: string): StoredTensor {
    const found = this.#tensors.get(name)
    if (found !== undefined) return found
    const near = nearest(name, this.#tensors.keys())
    throw invalid(this.path, `there is no tensor ${name}`, near === undefined ? undefined : `the nearest is ${near}`)
  }
}
