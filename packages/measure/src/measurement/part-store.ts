/**
 * Results of parts, kept until their range is complete: in memory, or in a folder, where a later process finds them. A range is
 * known by a key of all that it depends on, so results of other models, settings or extractors are never taken for these;
 * files are whole or not there, so a kill costs the parts at hand and nothing else.
 *
 *   <folder>/parts/<key>/<first image>.safetensors     a part
 *   <folder>/measured/<key>.json                       what became of the range
 */
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import {
  parseSafetensors,
  parseStrictJson,
  type StoredTensor,
  storedTensor,
  type TensorDtype,
  tensorValues,
  writeSafetensors,
} from '@mixflow/core/internal'
import { readFailure, readRegularFile, writeFileDurably } from '@mixflow/files'
import type { Part, ResultOf } from './part.ts'

export interface PartStore {
  has(key: string, part: Part): boolean
  write<P extends Part>(key: string, part: P, result: ResultOf<P>): Promise<void>
  read<P extends Part>(key: string, part: P): Promise<ResultOf<P>>
  /** What was kept of a whole range, as JSON; null if nothing. */
  finished(key: string): Promise<unknown>
  /** Keeps what became of a whole range, and lets its parts go. */
  finish(key: string, measured: unknown): Promise<void>
}

export function memoryStore(): PartStore {
  const parts = new Map<string, unknown>()
  const done = new Map<string, unknown>()
  const place = (key: string, part: Part) => `${key}/${part.firstImage}`
  return {
    has: (key, part) => parts.has(place(key, part)),
    async write(key, part, result) {
      parts.set(place(key, part), result)
    },
    async read<P extends Part>(key: string, part: P) {
      return parts.get(place(key, part)) as ResultOf<P>
    },
    finished: async key => done.get(key) ?? null,
    async finish(key, measured) {
      done.set(key, measured)
      for (const name of parts.keys()) if (name.startsWith(`${key}/`)) parts.delete(name)
    },
  }
}

export function folderStore(folder: string): PartStore {
  const partsOf = (key: string) => join(folder, 'parts', key)
  const place = (key: string, { firstImage }: Part) =>
    join(partsOf(key), `${String(firstImage).padStart(9, '0')}.safetensors`)
  const measured = (key: string) => join(folder, 'measured', `${key}.json`)
  return {
    has: (key, part) => existsSync(place(key, part)),
    write: (key, part, result) => writeFileDurably(place(key, part), encode(result)),
    async read<P extends Part>(key: string, part: P) {
      const path = place(key, part)
      const bytes = await readRegularFile(path).catch(error => {
        throw unreadable(path, error)
      })
      return decode(bytes, { part, path }) as ResultOf<P>
    },
    async finished(key) {
      const path = measured(key)
      const bytes = await readRegularFile(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null
        throw unreadable(path, error)
      })
      const hint = `delete ${path}: this range of images is then measured again`
      return bytes && parseStrictJson(bytes, { what: path, code: 'STATISTICS_INVALID', hint })
    },
    async finish(key, result) {
      await writeFileDurably(measured(key), `${JSON.stringify(result, null, 2)}\n`)
      await rm(partsOf(key), { recursive: true, force: true })
    },
  }
}

/** Parts go once their range is complete, also under the hands of another process that measures something else of it. */
function unreadable(path: string, error: unknown): MixflowError {
  return new MixflowError('STATISTICS_INVALID', `${path} was kept and cannot be read: ${readFailure(error)}`, {
    hint: 'run the same again: it goes on from what is there; two at once want a folder each',
    details: { path },
    cause: error,
  })
}

function encode(result: ResultOf<Part>): Uint8Array {
  const tensors: Record<string, StoredTensor> = {}
  for (const [name, value] of Object.entries(result)) {
    if (value === null) continue
    const values =
      typeof value === 'number' ? Float64Array.of(value) : (value as Float32Array | Float64Array | Int32Array)
    tensors[name] = storedTensor(values, [values.length])
  }
  return writeSafetensors({ tensors })
}

function decode(bytes: Uint8Array, { part, path }: { readonly part: Part; readonly path: string }): ResultOf<Part> {
  const refuse = (why: string, cause?: unknown) =>
    new MixflowError('STATISTICS_INVALID', `${path} ${why}`, {
      hint: `delete ${path}: this part of the evaluation is then done again`,
      details: { path },
      cause,
    })
  const tensors = tensorsIn()
  function tensorsIn() {
    try {
      return parseSafetensors(bytes).tensors
    } catch (cause) {
      throw refuse(`is damaged: ${(cause as Error).message}`, cause)
    }
  }
  /** Values of the dtype that `encode` gave them, so many for each image (any number where undefined). */
  const values = (name: string, dtype: TensorDtype, perImage?: number) => {
    const tensor = tensors.get(name)
    if (tensor?.dtype !== dtype) throw refuse(`has no ${name} in ${dtype}`)
    const found = tensorValues(tensor)
    if (perImage === undefined || found.length === perImage * part.images) return found
    throw refuse(`has ${found.length} values of ${name} for ${part.images} images`)
  }
  const float64 = (name: string, perImage?: number) => Float64Array.from(values(name, 'F64', perImage) as Float64Array)
  const perImage = (name: string) => {
    const found = Float32Array.from(values(name, 'F32') as Float32Array)
    if (found.length > 0 && found.length % part.images === 0) return found
    throw refuse(`has ${found.length} values of ${name} for ${part.images} images`)
  }
  const one = (name: string) => float64(name)[0] ?? Number.NaN
  if (part.kind === 'trajectories') return { perImage: float64('perImage', 1), byTime: float64('byTime') }
  return {
    features: perImage('features'),
    logits: tensors.has('logits') ? perImage('logits') : null,
    labels: tensors.has('labels') ? Int32Array.from(values('labels', 'I32', 1) as Int32Array) : null,
    nfe: one('nfe'),
    steps: one('steps'),
  }
}
