/**
 * Files that people give in place of a checkpoint, recognised by how they begin, each with what to do: a pointer of Git LFS, a
 * web page, an archive that is still packed, a model of another program. None of them is damaged, and none should be copied again.
 */

import type { ByteSource } from '@mixflow/files'
import { refusal } from './refuse.ts'

interface OtherFile {
  readonly what: string
  readonly hint: string
}

const fromPython = (load: string): string =>
  `${load} in Python, and save the state_dict of the networks with safetensors.torch.save_file`
const unpacked = (command: string): string => `unpack it (${command}), and give the .ckpt or .safetensors in it`

/** Bytes at an offset; texts are ASCII, and compared without regard to case. */
const starts: readonly (OtherFile & { readonly at?: number; readonly bytes: string })[] = [
  {
    bytes: 'version https://git-lfs.github.com/spec/',
    what: 'a pointer of Git LFS, not the file itself',
    hint: 'fetch the file in its clone: git lfs install && git lfs pull',
  },
  { bytes: '\x1f\x8b', what: 'packed with gzip', hint: unpacked('gunzip, or tar -xzf for a .tar.gz') },
  { bytes: 'BZh', what: 'packed with bzip2', hint: unpacked('bunzip2') },
  { bytes: '\xfd7zXZ\0', what: 'packed with xz', hint: unpacked('unxz') },
  { bytes: '\x28\xb5\x2f\xfd', what: 'packed with zstd', hint: unpacked('unzstd') },
  { bytes: '7z\xbc\xaf\x27\x1c', what: 'a 7z archive', hint: unpacked('7z x') },
  { bytes: 'Rar!', what: 'a RAR archive', hint: unpacked('unrar x') },
  { bytes: '\x89HDF\r\n\x1a\n', what: 'an HDF5 file, as Keras writes them', hint: fromPython('load it') },
  { bytes: '\x93NUMPY', what: 'an array of NumPy (.npy)', hint: fromPython('load the checkpoint that it is of') },
  { bytes: 'GGUF', what: 'a GGUF file of llama.cpp', hint: fromPython('load the checkpoint that it was made of') },
  {
    at: 4,
    bytes: 'TFL3',
    what: 'a TensorFlow Lite model',
    hint: fromPython('load the checkpoint that it was made of'),
  },
  { bytes: '\x89PNG', what: 'a PNG image', hint: 'give a .ckpt or .safetensors file' },
  { bytes: '\xff\xd8\xff', what: 'a JPEG image', hint: 'give a .ckpt or .safetensors file' },
  { bytes: '%PDF', what: 'a PDF', hint: 'give a .ckpt or .safetensors file' },
]

const page: OtherFile = {
  what: 'a web page, not the file itself',
  hint: 'download the file by its direct address, signed in where the site asks for it, and try again',
}
const json: OtherFile = {
  what: 'JSON text, not a checkpoint',
  hint: 'look at what it says: an index names the .safetensors files beside it, an answer of a server says why it sent no file',
}
const onnx: OtherFile = {
  what: 'an ONNX model',
  hint: 'import the checkpoint that it was exported from: an ONNX graph does not keep the names of the weights',
}
const tar: OtherFile = {
  what: 'a tar archive',
  hint: `unpack it (tar -xf), and give the .ckpt or .safetensors in it; one of PyTorch 0.1 must be loaded and saved again by PyTorch: ${fromPython('load it')}`,
}
const pickle: OtherFile = {
  what: 'a pickle that torch.save did not write',
  hint: fromPython('load it, if you trust where it comes from,'),
}

/** Refuses a zip that is something else, by the names in it. @throws MixflowError CHECKPOINT_INVALID, `not-a-checkpoint` */
export function refuseOtherArchive(names: readonly string[], file: string): void {
  const other = otherArchive(names)
  if (other !== null) throw refusal(`is ${other.what}`, { file, reason: 'not-a-checkpoint', hint: other.hint })
}

function otherArchive(names: readonly string[]): OtherFile | null {
  const has = (pattern: RegExp) => names.some(name => pattern.test(name))
  if (has(/^([^/]+\/)?constants\.pkl$/) || has(/^[^/]+\/code\//)) {
    return { what: 'a TorchScript program', hint: fromPython('load it with torch.jit.load') }
  }
  if (has(/^model\.weights\.h5$/)) return { what: 'a model of Keras', hint: fromPython('load it') }
  if (has(/\.npy$/))
    return { what: 'an archive of NumPy (.npz)', hint: fromPython('load the checkpoint that it is of') }
  const inside = names.find(name => /\.(ckpt|pt|pth|bin|safetensors)$/.test(name))
  if (inside === undefined) return null
  return { what: `a zip with ${JSON.stringify(inside.slice(0, 80))} in it`, hint: unpacked('unzip') }
}

/**
 * Refuses a file of another known kind by its name.
 *
 * @param start the first 512 bytes, or all
 * @throws MixflowError CHECKPOINT_INVALID, `not-a-checkpoint`, or `file` for an empty file
 */
export function refuseOtherFile(start: Uint8Array, { name: file, size }: ByteSource): void {
  if (size === 0) {
    throw refusal('is empty', {
      file,
      reason: 'file',
      hint: 'download or copy it again, and look whether the disk is full',
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
  // after a byte order mark and white space
  const trimmed = lower.replace(/^(\xef\xbb\xbf)?\s*/, '')
  if (/^<(!doctype|html|head|body|\?xml|script)/.test(trimmed)) return page
  if (/^[[{]/.test(trimmed)) return json
  // its version, then the producer's name or the graph
  if (start[0] === 0x08 && (start[1] ?? 255) < 0x20 && (start[2] === 0x12 || start[2] === 0x3a)) return onnx
  if (start[0] === 0x80 && (start[1] ?? 255) <= 5) return pickle
  return null
}
