/**
 * A checkpoint that PyTorch saved, since 1.6: a zip with `data.pkl`, a pickle of containers in which tensors are views of
 * storages, and one entry `data/<key>` per storage. Every storage must be as large as it says; tensors are read one at a time.
 *
 * Source: the format as PyTorch's documentation describes it ("torch.save", serialization notes), and what files contain.
 */

import type { ByteSource } from '@mixflow/files'
import type { ForeignCheckpoint } from './foreign-checkpoint.ts'
import { refuseOtherArchive } from './other-files.ts'
import { unpickle } from './pickle.ts'
import { refusal } from './refuse.ts'
import { openStoredZip, type StoredEntry, type StoredZip } from './stored-zip.ts'
import { contentOf, torchWorld } from './torch-world.ts'

/** Of `data.pkl`; the paper's is some 200 kB. */
const maxPickleBytes = 2 ** 25

/** @throws MixflowError CHECKPOINT_UNSAFE; CHECKPOINT_INVALID with a word of `RefusalReason`; ABORTED */
export async function openTorch(
  source: ByteSource,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ForeignCheckpoint> {
  const file = source.name
  const zip = await openStoredZip(source, { ...options, onNames: names => refuseOtherArchive(names, file) })
  const root = rootOf(zip, file)
  const entry = zip.entries.get(`${root}data.pkl`) as StoredEntry
  if (entry.size > maxPickleBytes) {
    throw refusal(`has a pickle of ${entry.size} bytes; at most ${maxPickleBytes} are read`, {
      ...{ file, reason: 'pickle-size' },
    })
  }
  await checkByteOrder(zip, root, file)
  const world = torchWorld(file, ({ key, bytes, elementBytes }) => {
    const shown = JSON.stringify(key.slice(0, 80))
    const found = zip.entries.get(`${root}data/${key}`)
    if (found === undefined) {
      throw refusal(`refers to the storage ${shown}, which it has not`, { file, reason: 'storage-missing' })
    }
    if (bytes !== found.size) {
      const stated = `${bytes / elementBytes} numbers of ${elementBytes} bytes`
      throw refusal(`says that the storage ${shown} has ${stated}, and has ${found.size} bytes of it`, {
        ...{ file, reason: 'storage-size' },
      })
    }
    return { name: found.name, read: range => zip.read(found, range) }
  })
  return contentOf(unpickle(await zip.read(entry), world, { file }).value, file)
}

function rootOf(zip: StoredZip, file: string): string {
  const pickles = [...zip.entries.keys()].filter(name => /^([^/]+\/)?data\.pkl$/.test(name))
  if (pickles.length === 1) return (pickles[0] as string).slice(0, -'data.pkl'.length)
  throw refusal(`holds ${pickles.length === 0 ? 'no' : 'more than one'} data.pkl`, {
    ...{
      file,
      reason: 'pickle-missing',
      hint: 'give a .ckpt that PyTorch wrote, or a .safetensors: this is another zip',
    },
  })
}

async function checkByteOrder(zip: StoredZip, root: string, file: string): Promise<void> {
  const entry = zip.entries.get(`${root}byteorder`)
  if (entry === undefined) return
  const order = entry.size > 16 ? '' : new TextDecoder().decode(await zip.read(entry))
  if (order.trim() === 'little') return
  throw refusal(`has numbers in the byte order ${JSON.stringify(order)}`, { file, reason: 'storage-byte-order' })
}
