/** Every command that reads a file refuses named pipes and devices immediately. */

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { run } from './run.ts'

const root = mkdtempSync(join(tmpdir(), 'mixflow-pipes-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** Creates a pipe in a new folder. */
function pipe(name: string): string {
  const path = join(mkdtempSync(join(root, 'in-')), name)
  execFileSync('mkfifo', [path])
  return path
}
const folderOf = (path: string) => join(path, '..')

describe.skipIf(process.platform === 'win32')('is refused', () => {
  const model = () => folderOf(pipe('mixflow.json'))
  const runFolder = () => folderOf(pipe('config.json'))
  it.each<[string, () => string[]]>([
    [
      'a zip of images',
      () => ['train', '--data', pipe('images.zip'), '--size', '8', '--dry-run', '--out', join(root, 'a')],
    ],
    ['a set of digits', () => ['data', pipe('train-images-idx3-ubyte')]],
    ['an archive of CIFAR-10', () => ['data', `cifar10:${pipe('cifar-10-binary.tar.gz')}`]],
    ['a device as data', () => ['data', '/dev/zero']],
    ['a batch of CIFAR-10', () => ['data', `cifar10:${folderOf(pipe('data_batch_1.bin'))}`]],
    ['a checkpoint to import', () => ['import', pipe('model.ckpt'), '--preset', 'cifar10', '--runs', root]],
    ['a device to import', () => ['import', '/dev/zero', '--preset', 'cifar10', '--runs', root]],
    ['the record of a run', () => ['train', runFolder(), '--resume']],
    ['the manifest of a model', () => ['sample', model(), '--out', join(root, 'a.png')]],
    ['the manifest of a model to serve', () => ['serve', model(), '--port', '0']],
    ['a manifest by its path', () => ['sample', pipe('mixflow.json'), '--out', join(root, 'a.png')]],
    [
      'the manifest of a model to evaluate',
      () => ['evaluate', model(), '--data', 'quickstart', '--out', join(root, 'e')],
    ],
    [
      'an extractor',
      () => ['evaluate', model(), '--features', folderOf(pipe('extractor.json')), '--out', join(root, 'e')],
    ],
    ['a checkpoint to export', () => ['export', checkpointFolder()]],
  ])(
    '%s',
    async (_, words) => {
      let said = ''
      for (const name of ['stdout', 'stderr'] as const)
        vi.spyOn(process[name], 'write').mockImplementation(text => {
          said += text
          return true
        })
      const code = await run(words())
      vi.restoreAllMocks()
      expect(said).toMatch(/MixflowError|\[[A-Z_]+\]|error/i)
      expect(code).toBeGreaterThan(0)
      expect(said).not.toMatch(/\n {4}at /)
    },
    60_000,
  )
})

function checkpointFolder(): string {
  const path = pipe('checkpoint.json')
  const folder = folderOf(path)
  mkdirSync(join(folder, 'x'))
  writeFileSync(join(folder, 'x', 'y'), '')
  return folder
}
