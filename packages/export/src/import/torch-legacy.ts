/**
 * A checkpoint in the format of `torch.save` before PyTorch 1.6 (today with `_use_new_zipfile_serialization=False`): five
 * pickles, one after another, then the storages in the order that the last one lists.
 *
 *   magic number | protocol version | facts of the system | the object | keys of the storages | count and numbers of each
 *
 * Source: PyTorch's `torch/serialization.py` (`_legacy_save`), and what files contain. Left out: the tar of PyTorch 0.1.
 */

import type { ByteSource } from '@mixflow/files'
import type { ForeignCheckpoint } from './foreign-checkpoint.ts'
import { type PickleValue, type PickleWorld, unpickle } from './pickle.ts'
import { type RefusalReason, refusal } from './refuse.ts'
import { contentOf, entryOf, textsOf, torchWorld } from './torch-world.ts'

/** Of the five pickles together. */
const maxPickleBytes = 2 ** 25
const protocolVersion = 1001
/** 0x1950a86a20f9469cfc6c, as pickles of any protocol have it: its length, its bytes, the end. */
const magic = [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]
const nothing: PickleWorld = {
  meaning: () => undefined,
  persistent: () => null,
}

/** @param start of the file: 32 bytes or more, if it has them */
export function isLegacyTorch(start: Uint8Array): boolean {
  // the protocol comes before, from protocol 4 on with a frame
  return start[0] === 0x80 && [2, 11].some(at => magic.every((byte, i) => start[at + i] === byte))
}

/** @throws MixflowError as `openTorch` */
export async function openLegacyTorch(source: ByteSource): Promise<ForeignCheckpoint> {
  const file = source.name
  const refuse = (reason: RefusalReason, message: string) => refusal(message, { file, reason })
  const start = await source.read(0, Math.min(maxPickleBytes, source.size))
  let end = 0
  const next = (world: PickleWorld): PickleValue => {
    const read = unpickle(start.subarray(end), world, { file, more: true })
    end += read.end
    return read.value
  }

  next(nothing)
  const version = next(nothing)
  if (version !== protocolVersion) throw refuse('pickle-protocol', `is of the version ${version} of torch.save`)
  if (entryOf(next(nothing), 'little_endian') !== true) {
    throw refuse('storage-byte-order', 'has numbers in big-endian byte order')
  }
  /** How many bytes each storage is said to have and, once all is known, where its numbers begin. */
  const storages = new Map<string, { readonly bytes: number; readonly elementBytes: number; at: number }>()
  const world = torchWorld(file, ({ key, bytes, elementBytes }) => {
    const storage = storages.get(key) ?? { bytes, elementBytes, at: -1 }
    if (storage.bytes !== bytes) throw refuse('storage-size', 'says two sizes of one storage')
    storages.set(key, storage)
    return { name: key, read: ({ from, to }) => source.read(storage.at + from, to - from) }
  })
  const content = next(world)
  const keys = textsOf(next(nothing), file)

  for (const key of keys) {
    const storage = storages.get(key)
    if (storage === undefined || storage.at >= 0)
      throw refuse('storage-missing', 'lists a storage that nothing refers to')
    if (end + 8 + storage.bytes > source.size)
      throw refuse('storage-size', 'is cut short: its last storages are missing')
    const count = new DataView(Uint8Array.from(await source.read(end, 8)).buffer).getBigUint64(0, true)
    if (count * BigInt(storage.elementBytes) !== BigInt(storage.bytes)) {
      throw refuse('storage-size', `has a storage of ${count} numbers that is said to have ${storage.bytes} bytes`)
    }
    storage.at = end + 8
    end += 8 + storage.bytes
  }
  if ([...storages.values()].some(({ at }) => at < 0))
    throw refuse('storage-missing', 'refers to a storage that it has not')
  if (end !== source.size)
    throw refuse('pickle-trailing', `goes on for ${source.size - end} bytes after its last storage`)
  return contentOf(content, file)
}
