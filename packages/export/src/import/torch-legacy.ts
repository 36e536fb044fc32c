/**
 * Checkpoints in the format of `torch.save` before PyTorch 1.6 (since then with `_use_new_zipfile_serialization=False`): five
 * pickles, then the storages in the order of the last pickle.
 *
 *   magic number | protocol version | system information | the object | keys of the storages | count and values of each storage
 *
 * Source: PyTorch's `torch/serialization.py` (`_legacy_save`), and files. Not supported: the tar format of PyTorch 0.1.
 */

import type { ByteSource } from '@mixflow/files'
import type { ForeignCheckpoint } from './foreign-tensor.ts'
import { type PickleValue, type PickleWorld, unpickle } from './pickle.ts'
import { type RefusalReason, refusal } from './refuse.ts'
import { contentOf, entryOf, textsOf, torchWorld } from './torch-world.ts'

/** Maximum size of the five pickles together. */
const maxPickleBytes = 2 ** 25
const protocolVersion = 1001
/** The pickle of 0x1950a86a20f9469cfc6c in any protocol: LONG1, length, bytes, STOP. */
const magic = [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]
const noNames: PickleWorld = {
  functionOf: () => undefined,
  persistent: () => null,
}

/** @param start the first 32 bytes of the file, or more */
export function isLegacyTorch(start: Uint8Array): boolean {
  // after PROTO and, from protocol 4 on, FRAME
  return start[0] === 0x80 && [2, 11].some(at => magic.every((byte, i) => start[at + i] === byte))
}

/** @throws MixflowError as `openTorch` */
export async function openLegacyTorch(source: ByteSource): Promise<ForeignCheckpoint> {
  const file = source.name
  const refuse = (reason: RefusalReason, message: string) => refusal(message, { file, reason })
  const start = await source.read(0, Math.min(maxPickleBytes, source.size))
  let end = 0
  const next = (world: PickleWorld): PickleValue => {
    const read = unpickle(start.subarray(end), world, { file, allowTrailing: true })
    end += read.end
    return read.value
  }

  next(noNames)
  const version = next(noNames)
  if (version !== protocolVersion)
    throw refuse('pickle-protocol', `has version ${version} of torch.save, expected ${protocolVersion}`)
  if (entryOf(next(noNames), 'little_endian') !== true) {
    throw refuse('storage-byte-order', 'has big-endian byte order; only little-endian is supported')
  }
  /** The stated size of each storage, and the offset of its values, which is known later. */
  const storages = new Map<string, { readonly bytes: number; readonly elementBytes: number; at: number }>()
  const world = torchWorld(file, ({ key, bytes, elementBytes }) => {
    const storage = storages.get(key) ?? { bytes, elementBytes, at: -1 }
    if (storage.bytes !== bytes) throw refuse('storage-size', 'states two sizes of one storage')
    storages.set(key, storage)
    return { read: ({ from, to }) => source.read(storage.at + from, to - from) }
  })
  const content = next(world)
  const keys = textsOf(next(noNames), file)

  for (const key of keys) {
    const storage = storages.get(key)
    if (storage === undefined || storage.at >= 0)
      throw refuse('storage-missing', 'lists a storage that no tensor uses, or lists it twice')
    if (end + 8 + storage.bytes > source.size)
      throw refuse('storage-size', 'is incomplete: its last storages are missing')
    const count = new DataView(Uint8Array.from(await source.read(end, 8)).buffer).getBigUint64(0, true)
    if (count * BigInt(storage.elementBytes) !== BigInt(storage.bytes)) {
      throw refuse('storage-size', `has a storage of ${count} values, where its pickle states ${storage.bytes} bytes`)
    }
    storage.at = end + 8
    end += 8 + storage.bytes
  }
  if ([...storages.values()].some(({ at }) => at < 0)) throw refuse('storage-missing', 'refers to a missing storage')
  if (end !== source.size) throw refuse('pickle-trailing', `has ${source.size - end} bytes after its last storage`)
  return contentOf(content, file)
}
