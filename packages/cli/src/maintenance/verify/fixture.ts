/**
 * A fixture: a JSON file whose `group` says which part of the method it belongs to, and safetensors beside it. It is read strictly: an
 * unknown field might change the meaning of the numbers, so it is refused by name, and so are missing tensors and unexpected shapes. Which
 * tensors were read is recorded, so that the others can be reported.
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
import type { z } from 'zod'
import type { tensors } from './fields.ts'
import { Report } from './report.ts'

type Declared = z.infer<typeof tensors>

export function invalid(file: string, message: string, hint?: string | readonly string[]): MixflowError {
  return new MixflowError('VERIFY_INVALID', `${file}: ${message}`, {
    hint: hint ?? 'the fixture is damaged, or this version of mixflow does not support it',
    details: { file },
  })
}

/** @throws MixflowError VERIFY_INVALID */
export const readFixtureJson = (file: string): JsonValue =>
  parseStrictJson(readRegularFileSync(file), {
    what: file,
    code: 'VERIFY_INVALID',
    hint: `copy ${dirname(file)} again`,
  })

export class Fixture {
  /** Path of the JSON file. */
  readonly path: string
  readonly json: unknown
  /** For messages: the path, and the part of the file. */
  readonly label: string
  /** The result of its comparisons. */
  readonly report: Report

  constructor(path: string, parts: Partial<Pick<Fixture, 'json' | 'label' | 'report'>> = {}) {
    const { json = readFixtureJson(path), label = path, report = new Report() } = parts
    this.path = path
    this.json = json
    this.label = label
    this.report = report
  }

  /** One part of the JSON, such as a case. */
  part(name: string, json: unknown): Fixture {
    return new Fixture(this.path, { json, label: `${this.label}: ${name}`, report: this.report })
  }

  /** @throws MixflowError VERIFY_INVALID naming the first invalid field */
  parse<T>(schema: z.ZodType<T>): T {
    const result = schema.safeParse(this.json)
    if (result.success) return result.data
    const issue = result.error.issues[0] as z.core.$ZodIssue
    const keys = issue.path.map(key => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('')
    const at = keys === '' ? '' : `${keys.replace(/^\./, '')}: `
    if (issue.code !== 'unrecognized_keys') throw this.invalid(at + issue.message)
    throw this.invalid(
      `${at}unknown field "${issue.keys[0]}"`,
      'an unknown field might change the meaning of the numbers',
    )
  }

  invalid(message: string, hint?: string | readonly string[]): MixflowError {
    return invalid(this.label, message, hint)
  }

  /** @throws MixflowError VERIFY_INVALID with the nearest known name */
  known<N extends string>(name: string, names: readonly N[], what: string): N {
    if ((names as readonly string[]).includes(name)) return name as N
    const near = nearest(name, names)
    const list = `known: ${names.join(', ')}`
    throw this.invalid(`unknown ${what} "${name}"`, near === undefined ? list : [`did you mean "${near}"?`, list])
  }

  /** The path of a file beside the JSON. A remark in brackets after the name is ignored: `x.safetensors (float32)`. */
  beside(described: string): string {
    const name = described.replace(/\s*\(.*$/s, '')
    if (name === '' || name !== basename(name) || name.startsWith('.')) {
      throw this.invalid(`"${described}" is not a file name in the same folder`)
    }
    const path = join(dirname(this.path), name)
    if (!existsSync(path)) throw this.invalid(`there is no ${name} in the same folder`)
    return path
  }

  open(described: string, declared?: Declared): TensorFile {
    return new TensorFile(this.beside(described)).check(declared)
  }

  /** The tensors of a JSON that does not name their file: the one of the same name, or the only one. */
  tensors(declared: Declared | undefined): TensorFile {
    const same = basename(this.path).replace(/\.json$/, '.safetensors')
    const all = readdirSync(dirname(this.path)).filter(name => name.endsWith('.safetensors'))
    return this.open(all.length === 1 && !all.includes(same) ? all[0]! : same, declared)
  }
}

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

  /** @throws MixflowError VERIFY_INVALID where the tensors differ from what the JSON declares */
  check(declared: Declared = {}): this {
    for (const [name, { dtype, shape }] of Object.entries(declared)) {
      const found = this.#tensor(name)
      if (found.dtype === dtypes[dtype] && found.shape.join() === shape.join()) continue
      const form = `${found.dtype} [${found.shape.join(', ')}]`
      throw invalid(this.path, `${name} is ${form}, but the JSON declares ${dtype} [${shape.join(', ')}]`)
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

  /** Converted to single precision. */
  float32(name: string): Float32Array {
    this.#read.add(name)
    return float32Values(this.#tensor(name))
  }

  float64(name: string): Float64Array {
    this.#read.add(name)
    return Float64Array.from(tensorValues(this.#tensor(name)) as ArrayLike<number | bigint>, Number)
  }

  /** undefined where there is no such tensor. */
  optional(name: string): Float64Array | undefined {
    return this.has(name) ? this.float64(name) : undefined
  }

  reportUnread({ report }: Fixture, reason: string): void {
    const unread = this.names.filter(name => !this.#read.has(name))
    if (unread.length === 0) return
    const some = unread.slice(0, 3).join(', ')
    const more = unread.length > 3 ? ` and ${unread.length - 3} more` : ''
    report.skip(basename(this.path), some + more, reason)
  }

  #tensor(name: string): StoredTensor {
    const found = this.#tensors.get(name)
    if (found !== undefined) return found
    const near = nearest(name, this.#tensors.keys())
    throw invalid(this.path, `there is no tensor ${name}`, near === undefined ? undefined : `did you mean ${near}?`)
  }
}

export interface Context {
  readonly fixture: Fixture
  readonly tensors: TensorFile
}
