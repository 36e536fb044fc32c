/** Recognises files that are often passed instead of a checkpoint, by their first bytes, and says what to do with each. */

import type { ByteSource } from '@mixflow/files'
import { refusal } from './refuse.ts'

interface OtherFile {
  readonly what: string
  readonly hint: string
}

const fromPython = (load: string): string =>
  `${load} in Python, and save the state_dict of the networks with safetensors.torch.save_file`
const unpacked = (command: string): string => `unpack it (${command}), and give the .ckpt or .safetensors in it`

/** Signatures at an offset, compared ignoring case. */
const starts: readonly (OtherFile & { readonly at?: number; readonly bytes: string })[] = [
  {
    bytes: 'version https://git-lfs.github.com/spec/',
    what: 'a Git LFS pointer, not the file itself',
    hint: 'fetch the file in its clone: git lfs install && git lfs pull',
  },
  { bytes: '\x1f\x8b', what: 'compressed with gzip', hint: unpacked('gunzip, or tar -xzf for a .tar.gz') },
  { bytes: 'BZh', what: 'compressed with bzip2', hint: unpacked('bunzip2') },
  { bytes: '\xfd7zXZ\0', what: 'compressed with xz', hint: unpacked('unxz') },
  { bytes: '\x28\xb5\x2f\xfd', what: 'compressed with zstd', hint: unpacked('unzstd') },
  { bytes: '7z\xbc\xaf\x27\x1c', what: 'a 7z archive', hint: unpacked('7z x') },
  { bytes: 'Rar!', what: 'a RAR archive', hint: unpacked('unrar x') },
  { bytes: '\x89HDF\r\n\x1a\n', what: 'an HDF5 file, such as Keras writes', hint: fromPython('load it') },
  { bytes: '\x93NUMPY', what: 'a NumPy array (.npy)', hint: fromPython('load the original checkpoint') },
  { bytes: 'GGUF', what: 'a GGUF file (llama.cpp)', hint: fromPython('load the original checkpoint') },
  {
    at: 4,
    bytes: 'TFL3',
    what: 'a TensorFlow Lite model',
    hint: fromPython('load the original checkpoint'),
  },
  { bytes: '\x89PNG', what: 'a PNG image', hint: 'give a .ckpt or .safetensors file' },
  { bytes: '\xff\xd8\xff', what: 'a JPEG image', hint: 'give a .ckpt or .safetensors file' },
  { bytes: '%PDF', what: 'a PDF', hint: 'give a .ckpt or .safetensors file' },
]

const page: OtherFile = {
  what: 'a web page, not the file itself',
  hint: 'download the file by its direct address, signed in if the site requires it',
}
const json: OtherFile = {
  what: 'JSON text, not a checkpoint',
  hint: 'read it: an index lists the .safetensors files beside it; a response of a server says why it did not send the file',
}
const onnx: OtherFile = {
  what: 'an ONNX model',
  hint: 'import the checkpoint that it was exported from: an ONNX graph does not keep the names of parameters',
}
const tar: OtherFile = {
  what: 'a tar archive',
  hint: `unpack it (tar -xf), and give the .ckpt or .safetensors in it; if it is a checkpoint of PyTorch 0.1, ${fromPython('load it')}`,
}
const pickle: OtherFile = {
  what: 'a pickle not written by torch.save',
  hint: fromPython('if you trust its origin, load it'),
}

/** Refuses a zip of another known kind, recognised by the names of its entries. @throws MixflowError CHECKPOINT_INVALID, `not-a-checkpoint` */
export function refuseOtherArchive(names: readonly string[], file: string): void {
  const other = otherArchive(names)
  if (other !== null) throw refusal(`is ${other.what}`, { file, reason: 'not-a-checkpoint', hint: other.hint })
}

function otherArchive(names: readonly string[]): OtherFile | null {
  const has = (pattern: RegExp) => names.some(name => pattern.test(name))
  if (has(/^([^/]+\/)?constants\.pkl$/) || has(/^[^/]+\/code\//)) {
    return { what: 'a TorchScript program', hint: fromPython('load it with torch.jit.load') }
  }
  if (has(/^model\.weights\.h5$/)) return { what: 'a Keras model', hint: fromPython('load it') }
  if (has(/\.npy$/)) return { what: 'a NumPy archive (.npz)', hint: fromPython('load the original checkpoint') }
  const inside = names.find(name => /\.(ckpt|pt|pth|bin|safetensors)$/.test(name))
  if (inside === undefined) return null
  return { what: `a zip that contains ${JSON.stringify(inside.slice(0, 80))}`, hint: unpacked('unzip') }
}

/**
 * Refuses a file of another known kind.
 *
 * @param start the first 512 bytes of the file
 * @throws MixflowError CHECKPOINT_INVALID, `not-a-checkpoint`, or `file` for an empty file
 */
export function refuseOtherFile(start: Uint8Array, { name: file, size }: ByteSource): void {
  if (size === 0) {
    throw refusal('is empty', {
      file,
      reason: 'file',
      hint: 'download or copy it again, and check whether the disk is full',
    })
  }
  const other = recognised(start)
  if (other !== null) throw refusal(`is ${other.what}`, { file, reason: 'not-a-checkpoint', hint: other.hint })
}

function recognised(start: Uint8Array): OtherFile | null {
  const text = Array.from(start, byte => String.fromCharCode(byte)).join('')
  const lower = text.toLowerCase()
  const known = starts.find(({ at = 0, bytes }) => lower.startsWith(bytes.toLowerCase(), at))
  if (known !== undefined) return known
  if (text.startsWith('ustar', 257)) return tar
  // skip a byte order mark and white space
  const trimmed = lower.replace(/^(\xef\xbb\xbf)?\s*/, '')
  if (/^<(!doctype|html|head|body|\?xml|script)/.test(trimmed)) return page
  if (/^[[{]/.test(trimmed)) return json
  // field 1, the version; then field 2, the producer, or 7, the graph
  if (start[0] === 0x08 && (start[1] ?? 255) < 0x20 && (start[2] === 0x12 || start[2] === 0x3a)) return onnx
  if (start[0] === 0x80 && (start[1] ?? 255) <= 5) return pickle
  return null
}
