import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { open } from './fixtures/foreign-bytes.ts'
import { zipFile } from './fixtures/torch-file.ts'

const text = (value: string) => new TextEncoder().encode(value)
const binary = (value: string) => Uint8Array.from(value, char => char.charCodeAt(0))
const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n'

test.each<[string, Uint8Array, RegExp, RegExp]>([
  ['a Git LFS pointer', text(pointer), /is a Git LFS pointer/, /git lfs pull/],
  ['a web page', text('\n  <!DOCTYPE html><html><body>Sign in</body></html>'), /is a web page/, /download/],
  ['a web page after a byte order mark', text('\ufeff<html>'), /is a web page/, /download/],
  ['an answer of a server', text('{"error": "not found"}'), /is JSON text/, /read it: an index/],
  ['gzip', gzipSync('x'), /compressed with gzip/, /gunzip/],
  ['zstd', binary('\x28\xb5\x2f\xfd....'), /compressed with zstd/, /unzstd/],
  ['tar', binary(`${'a'.padEnd(257, '\0')}ustar\x0000`.padEnd(512, '\0')), /a tar archive/, /tar -xf/],
  ['HDF5', binary('\x89HDF\r\n\x1a\n\0\0'), /an HDF5 file/, /save_file/],
  ['ONNX', binary('\x08\x09\x12\x07pytorch'), /an ONNX model/, /import the checkpoint/],
  ['a pickle of something else', binary('\x80\x04}\x94.'), /a pickle not written by torch.save/, /save_file/],
  [
    'TorchScript',
    zipFile(
      [
        ['m/code/a.py', []],
        ['m/data.pkl', []],
        ['m/constants.pkl', []],
      ],
      { method: 8 },
    ),
    /a TorchScript program/,
    /torch.jit.load/,
  ],
  ['NumPy', zipFile([['a.npy', []]]), /a NumPy archive/, /load the original checkpoint/],
  [
    'a zip around a checkpoint',
    zipFile([['weights/last.ckpt', []]], { method: 8 }),
    /a zip that contains "weights\/last.ckpt"/,
    /unzip/,
  ],
  ['nothing', new Uint8Array(0), /is empty/, /download or copy it again/],
])('recognises %s, and says what to do', async (_, bytes, message, hint) => {
  for (const name of ['model.ckpt', 'model.safetensors']) {
    const error = await open(bytes, name).catch(thrown => thrown)
    expect(error).toMatchObject({ code: 'CHECKPOINT_INVALID', message: expect.stringMatching(message) })
    expect(error.message.startsWith(name)).toBe(true)
    expect(error.hint).toMatch(hint)
    if (bytes.length > 0) expect(error.hint).not.toMatch(/damaged|again: it/)
  }
})
