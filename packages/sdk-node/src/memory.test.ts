/**
 * Memory stays flat: 2,000 images, and 50 loads with their disposals. The weights are 4 MB and an image 49 kB, so that whatever is held
 * shows: sessions that are kept make 340 MB, threads of a pool that are not ended 1.3 GB; else it is 20 MB at most, either way.
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { folderOf, smallModel } from '@mixflow/test-model'
import { expect, it } from 'vitest'

it.each([
  ['in this thread', []],
  ['in two workers', ['2']],
])('%s, sampling and loading leave nothing behind', async (_, workers) => {
  const image = { channels: 3, height: 64, width: 64 }
  await using folder = await folderOf(await smallModel({ classes: 3, image, hidden: 40 }))
  const script = fileURLToPath(new URL('fixtures/memory-child.ts', import.meta.url))
  const args = ['--expose-gc', '--import', 'tsx', '--conditions', '@mixflow/source', script, folder.path, ...workers]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  const { samples, loads } = JSON.parse(stdout)
  expect(samples).toBeLessThan(64e6)
  expect(loads).toBeLessThan(64e6)
})
