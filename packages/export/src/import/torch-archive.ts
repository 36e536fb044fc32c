/**
 * Checkpoints of PyTorch since 1.6: a zip with `data.pkl`, a pickle of containers in which tensors are views of storages, and one
 * entry `data/<key>` per storage. The size of every storage is checked; tensors are read one at a time.
 *
 * Source: PyTorch's documentation ("torch.save", serialization notes), and files.
 */

import type { ByteSource } from '@mixflow/files'
import type { ForeignCheckpoint } from './foreign-tensor.ts'
import { refuseOtherArchive } from './other-files.ts'
import { unpickle } from './pickle.ts'
import { refusal } from './refuse.ts'
import { openStoredZip, type StoredEntry, type StoredZip } from './stored-zip.ts'
import { contentOf, torchWorld } from './torch-world.ts'

/** Maximum size of `data.pkl`; the paper's has about 200 kB. */
const maxPickleBytes = 2 ** 25

/** @throws MixflowError CHECKPOINT_UNSAFE; CHECKPOINT_INVALID with a `RefusalReason`; ABORTED */
export async function openTorch(
  source: ByteSource,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ForeignCheckpoint> {
  const file = source.name
  const zip = await openStoredZip(source, { ...options, onNames: names => refuseOtherArchive(names, file) })
  const root = rootOf(zip, file)
  const entry = zip.entries.get(`${root}data.pkl`) as StoredEntry
  if (entry.size > maxPickleBytes) {
    throw refusal(`has a pickle of ${entry.size} bytes; the maximum is ${maxPickleBytes}`, {
      file,
      reason: 'pickle-size',
    })
  }
  await checkByteOrder(zip, root, file)
  const world = torchWorld(file, ({ key, bytes, elementBytes }) => {
    const shown = JSON.stringify(key.slice(0, 80))
    const found = zip.entries.get(`${root}data/${key}`)
    if (found === undefined) {
      throw refusal(`refers to the missing storage ${shown}`, { file, reason: 'storage-missing' })
    }
    if (bytes !== found.size) {
      const stated = `${bytes / elementBytes} × ${elementBytes} bytes`
      const message = `has the storage ${shown} of ${found.size} bytes, where its pickle states ${stated}`
      throw refusal(message, { file, reason: 'storage-size' })
    }
    return { read: range => zip.read(found, range) }
  })
  return contentOf(unpickle(await zip.read(entry), world, { file }).value, file)
}

function rootOf(zip: StoredZip, file: string): string {
  const pickles = [...zip.entries.keys()].filter(name => /^([^/]+\/)?data\.pkl$/.test(name))
  if (pickles.length === 1) return (pickles[0] as string).slice(0, -'data.pkl'.length)
  throw refusal(`contains ${pickles.length === 0 ? 'no' : 'more than one'} data.pkl`, {
    file,
    reason: 'pickle-missing',
    hint: 'give a .ckpt that PyTorch wrote, or a .safetensors: this is another zip',
  })
}

async function checkByteOrder(zip: StoredZip, root: string, file: string): Promise<void> {
  const entry = zip.entries.get(`${root}byteorder`)
  if (entry === undefined) return
  const order = entry.size > 16 ? '' : new TextDecoder().decode(await zip.read(entry))
  if (order.trim() === 'little') return
  throw refusal(`has the byte order ${JSON.stringify(order)}; only little-endian is supported`, {
    file,
    reason: 'storage-byte-order',
  })
}
