/** The line of the README that removes the binaries of other systems, run on a copy of the package's folders. */

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { expect, it } from 'vitest'

it.skipIf(process.platform === 'win32')('the prune line of the README leaves linux/x64 alone', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const line = /^find node_modules\/onnxruntime-node\/.*$/m.exec(readme)?.[0]
  expect(line).toBeDefined()
  const manifest = createRequire(import.meta.url).resolve('onnxruntime-node/package.json')
  const binaries = join(dirname(manifest), 'bin')
  const systems = readdirSync(binaries, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.node'))
    .map(entry => relative(binaries, entry.parentPath).split(/[\\/]/).join('/'))
  expect(systems).toContain('napi-v6/linux/x64')
  const root = mkdtempSync(join(tmpdir(), 'mixflow-prune-'))
  try {
    const copy = join(root, 'node_modules', 'onnxruntime-node', 'bin')
    for (const system of systems) {
      mkdirSync(join(copy, system), { recursive: true })
      writeFileSync(join(copy, system, 'onnxruntime_binding.node'), '')
    }
    execFileSync('sh', ['-c', line as string], { cwd: root })
    expect(systems.filter(system => existsSync(join(copy, system)))).toEqual(['napi-v6/linux/x64'])
    expect(readdirSync(join(copy, 'napi-v6', 'linux', 'x64'))).toEqual(['onnxruntime_binding.node'])
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
})
