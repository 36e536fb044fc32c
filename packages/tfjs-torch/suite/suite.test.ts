/**
 * tfjs-core's own suite passes on libtorch: nothing fails, and nothing more is left out than on the onnx backend. MIXFLOW_TORCH_SUITE=conv2d
 * runs the specs whose names contain that, which continuous integration does to save a minute.
 */

import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { library } from '../src/fixtures/library.ts'

const folder = dirname(dirname(fileURLToPath(import.meta.url)))

const part = process.env.MIXFLOW_TORCH_SUITE ?? ''
if (library !== null && part !== '') console.warn(`tfjs-core's suite runs in part on libtorch: the specs named ${part}`)

it.skipIf(library === null)('runs without a failure', { timeout: 300_000 }, async () => {
  const run = promisify(execFile)(
    process.execPath,
    [
      '--conditions=@mixflow/source',
      '--import',
      'tsx',
      'suite/run.ts',
      '--backend',
      'torch',
      '--from',
      folder,
      '--filter',
      part,
    ],
    { cwd: join(dirname(folder), 'tfjs-onnx'), maxBuffer: 1e8, env: { ...process.env, TORCH_LIB: library as string } },
  )
  const { stdout } = await run.catch((error: { stdout: string }) => error)
  const lines = stdout.trimEnd().split('\n')
  expect(lines.filter(line => line.startsWith('failed: '))).toEqual([])
  if (part === '') expect(lines.at(-1)).toBe('4221 passed, 0 failed, 9 skipped')
  else expect(lines.at(-1)).toMatch(/^[1-9]\d* passed, 0 failed, \d+ skipped$/)
})
