/**
 * Stores results of parts until their range is complete: in memory, or in a folder, from which a later process can resume. A
 * range has a key of everything it depends on, so results of other models, settings or extractors are never used for it. Files
 * are written atomically, so a killed process loses only the parts that were running.
 *
 *   <folder>/parts/<key>/<first image>.safetensors     the result of a part
 *   <folder>/measured/<key>.json                       the measures of a range
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
  /** The stored measures of a range, as JSON; null if there are none. */
  finished(key: string): Promise<unknown>
  /** Stores the measures of a range, and deletes its parts. */
  finish(key: string, measured: unknown): Promise<void>
}

export function memoryStore(): PartStore {
  const parts = new Map<string, unknown>()
  const done = new Map<string, unknown>()
  const idOf = (key: string, part: Part) => `${key}/${part.firstImage}`
  return {
    has: (key, part) => parts.has(idOf(key, part)),
    async write(key, part, result) {
      parts.set(idOf(key, part), result)
    },
    async read<P extends Part>(key: string, part: P) {
      return parts.get(idOf(key, part)) as ResultOf<P>
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
  const pathOf = (key: string, { firstImage }: Part) =>
    join(partsOf(key), `${String(firstImage).padStart(9, '0')}.safetensors`)
  const measured = (key: string) => join(folder, 'measured', `${key}.json`)
  return {
    has: (key, part) => existsSync(pathOf(key, part)),
    write: (key, part, result) => writeFileDurably(pathOf(key, part), encode(result)),
    async read<P extends Part>(key: string, part: P) {
      const path = pathOf(key, part)
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
      const hint = `delete ${path}, so that this range of images is measured again`
      return bytes && parseStrictJson(bytes, { what: path, code: 'STATISTICS_INVALID', hint })
    },
    async finish(key, result) {
      await writeFileDurably(measured(key), `${JSON.stringify(result, null, 2)}\n`)
      await rm(partsOf(key), { recursive: true, force: true })
    },
  }
}

/** Another process may have completed the range and deleted its parts. */
function unreadable(path: string, error: unknown): MixflowError {
  return new MixflowError('STATISTICS_INVALID', `${path} cannot be read: ${readFailure(error)}`, {
    hint: 'run the command again, which resumes; two processes at once need separate folders',
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
      hint: `delete ${path}, so that this part is computed again`,
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
  /** Values of a dtype, `perImage` for each image if that is defined. */
  const values = (name: string, dtype: TensorDtype, perImage?: number) => {
    const tensor = tensors.get(name)
    if (tensor?.dtype !== dtype) throw refuse(`has no ${dtype} tensor "${name}"`)
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
