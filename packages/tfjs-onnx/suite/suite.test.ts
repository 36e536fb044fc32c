/** tfjs-core's own suite passes on the onnx backend: nothing fails, and exactly what stands in the list is left out. */

import { execFile } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { skipped } from './skipped.ts'

const script = fileURLToPath(new URL('run.ts', import.meta.url))

/** Specs that tfjs-core 4.22 itself leaves out in Node. */
const ownSkips = [
  'debug on A x B',
  'IS_BROWSER isBrowser: true',
  'IS_BROWSER isBrowser: false',
  'kernel_registry errors when registering the same kernel twice',
  'gradient registry warning when registering the same gradient twice',
]

it('runs whole, without a failure', { timeout: 300_000 }, async () => {
  const run = promisify(execFile)(process.execPath, ['--conditions=@mixflow/source', '--import', 'tsx', script], {
    cwd: dirname(dirname(script)),
    maxBuffer: 1e8,
  })
  const { stdout } = await run.catch((error: { stdout: string }) => error)
  const lines = stdout.trimEnd().split('\n')
  expect(lines.filter(line => line.startsWith('failed: '))).toEqual([])
  const left = lines.flatMap(line => /^skipped: (.*) \(.*\)$/.exec(line)?.[1] ?? [])
  expect(left.sort()).toEqual([...ownSkips, ...skipped.map(({ spec }) => spec)].sort())
  expect(lines.at(-1)).toBe('4221 passed, 0 failed, 9 skipped')
})
