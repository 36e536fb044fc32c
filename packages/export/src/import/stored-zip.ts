/**
 * The zip files that PyTorch writes: entries are stored, never compressed, so no byte of the file can become more than one.
 * Beyond what `readZipDirectory` verifies, the file must begin with an entry, names must be unique UTF-8 and entries must not
 * overlap; all of it is checked before any entry is read, and each entry's CRC when it is first read.
 */

import { throwIfAborted } from '@mixflow/core/internal'
import {
  type ByteSource,
  crc32,
  locateZipEntry,
  readZipDirectory,
  type ZipEntry,
  ZipError,
  type ZipProblem,
} from '@mixflow/files'
import { type RefusalReason, refusal } from './refuse.ts'

export interface StoredEntry {
  readonly name: string
  /** Size in bytes. */
  readonly size: number
  readonly crc32: number
  /** Offset of the entry's data in the file. */
  readonly offset: number
}

export interface StoredZip {
  readonly entries: ReadonlyMap<string, StoredEntry>
  /** Reads a range of an entry. Until its CRC is verified, the whole entry is read, piece by piece. */
  read(entry: StoredEntry, range?: { readonly from: number; readonly to: number }): Promise<Uint8Array>
}

/** A hundred times what the paper's networks need. */
const maxEntries = 200_000
const pieceBytes = 2 ** 20

const reasons = {
  truncated: 'zip-truncated',
  'multi-disk': 'zip-multi-disk',
  directory: 'zip-directory',
  entries: 'zip-entries',
  size: 'zip-size',
  local: 'zip-local',
  encrypted: 'zip-encrypted',
  method: 'zip-compressed',
  crc: 'zip-crc',
} as const satisfies Record<ZipProblem, RefusalReason>

export interface StoredZipOptions {
  readonly signal?: AbortSignal | undefined
  /** Called with all names before anything else is checked; may throw. */
  readonly onNames?: (names: readonly string[]) => void
}

/** @throws MixflowError CHECKPOINT_INVALID with a `zip-…` reason, or `not-an-archive`; ABORTED */
export async function openStoredZip(
  source: ByteSource,
  { signal, onNames }: StoredZipOptions = {},
): Promise<StoredZip> {
  const refuse = (reason: RefusalReason, message: string, hint?: string) =>
    refusal(message, { file: source.name, reason, ...(hint === undefined ? {} : { hint }) })
  const passOn = (what: string) => (cause: unknown) => {
    throw cause instanceof ZipError ? refuse(reasons[cause.problem], `${what} ${cause.message}`) : cause
  }

  if (source.size < 22 || (await source.read(0, 4)).join() !== localSignature) {
    const message = 'is neither a checkpoint of PyTorch nor safetensors'
    throw refuse('not-an-archive', message, 'give a .ckpt that torch.save wrote, or a .safetensors')
  }
  const directory = await readZipDirectory(source, { maxEntries }).catch(passOn('is not a readable zip archive:'))
  onNames?.(directory.entries.map(({ name }) => name))
  if (directory.shift !== 0) throw refuse('zip-directory', 'has a zip directory that is not where the file says')
  const compressed = directory.entries.find(({ method }) => method !== 0)
  if (compressed !== undefined) {
    const hint = 'unpack it, and pack it again without compression: zip -0 -r <file> <folder>'
    throw refuse('zip-compressed', `has the compressed entry ${show(compressed)}`, hint)
  }

  const located: (StoredEntry & { readonly header: number })[] = []
  for (const entry of directory.entries) {
    throwIfAborted(signal)
    const { name, bytes: size, packedBytes, crc32, guessedEncoding } = entry
    if (guessedEncoding !== null) throw refuse('zip-name', `has an entry whose name is not UTF-8, ${show(entry)}`)
    if (size !== packedBytes) {
      throw refuse('zip-size', `has the stored entry ${show(entry)} with two sizes, ${size} and ${packedBytes} bytes`)
    }
    const { header, data } = await locateZipEntry(source, entry).catch(passOn(`has the entry ${show(entry)}, which`))
    located.push({ name, size, crc32, header, offset: data })
  }
  located.sort((a, b) => a.header - b.header)
  const entries = new Map<string, StoredEntry>()
  for (const [i, entry] of located.entries()) {
    const end = located[i + 1]?.header ?? directory.start
    if (entry.offset + entry.size > end)
      throw refuse('zip-overlap', `has the entry ${show(entry)}, which overlaps what follows it`)
    if (entries.has(entry.name)) throw refuse('zip-duplicate', `has two entries named ${show(entry)}`)
    entries.set(entry.name, entry)
  }

  const verified = new Set<string>()
  return {
    entries,
    async read(entry, { from, to } = { from: 0, to: entry.size }) {
      const { name, size, offset } = entry
      if (verified.has(name)) return source.read(offset + from, to - from)
      const range = new Uint8Array(to - from)
      let sum = 0
      for (let at = 0; at < size; at += pieceBytes) {
        throwIfAborted(signal)
        const piece = await source.read(offset + at, Math.min(pieceBytes, size - at))
        sum = crc32(piece, sum)
        const [first, last] = [Math.max(from, at), Math.min(to, at + piece.length)]
        if (first < last) range.set(piece.subarray(first - at, last - at), first - from)
      }
      if (sum !== entry.crc32)
        throw refuse('zip-crc', `has the entry ${show(entry)}, whose CRC does not match its content`)
      verified.add(name)
      return range
    },
  }
}

const localSignature = [0x50, 0x4b, 3, 4].join()
const show = ({ name }: Pick<ZipEntry, 'name'>): string =>
  JSON.stringify(name.length > 80 ? `${name.slice(0, 79)}…` : name)
