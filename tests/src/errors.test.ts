/** Every error code is used, and every used code is documented. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorCodes } from '@mixflow/core'
import { errorCodes as mpiErrorCodes } from '@mixflow/mpi'
import { errorCodes as onnxErrorCodes } from '@mixflow/tfjs-onnx'
import { errorCodes as torchErrorCodes } from '@mixflow/tfjs-torch'
import { describe, expect, test } from 'vitest'
import { isTest } from './workspace/imports.ts'
import { filesBelow, packages, root } from './workspace/workspace.ts'

const code = /'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|ABORTED)'/g
const thrown = /new (MixflowError|OnnxBackendError|TorchBackendError|MpiError)\(\s*'([A-Z0-9_]+)'/g

const sources = packages.flatMap(({ id, folder }) =>
  filesBelow(join(folder, 'src'))
    .filter(file => file.endsWith('.ts') && file !== 'errors.ts' && !isTest(file))
    .map(file => ({ id, text: readFileSync(join(folder, 'src', file), 'utf8') })),
)

describe.each([
  { type: 'MixflowError', table: errorCodes, home: (id: string) => !/^(tfjs-|mpi$)/.test(id) },
  { type: 'OnnxBackendError', table: onnxErrorCodes, home: (id: string) => id === 'tfjs-onnx' },
  { type: 'TorchBackendError', table: torchErrorCodes, home: (id: string) => id === 'tfjs-torch' },
  { type: 'MpiError', table: mpiErrorCodes, home: (id: string) => id === 'mpi' },
])('the codes of $type', ({ type, table, home }) => {
  const texts = sources.filter(({ id }) => home(id)).map(({ text }) => text)

  test('are all used', () => {
    const mentioned = new Set(texts.flatMap(text => [...text.matchAll(code)].map(match => match[1])))
    expect(Object.keys(table).filter(name => !mentioned.has(name))).toEqual([])
  })

  test('are all documented', () => {
    const names = sources.flatMap(({ text }) => [...text.matchAll(thrown)])
    const ours = names.filter(match => match[1] === type).map(match => match[2] as string)
    expect(ours.length).toBeGreaterThan(0)
    expect(ours.filter(name => !(name in table))).toEqual([])
  })

  test('have a section each in the guide', () => {
    const guide = readFileSync(join(root, 'docs', 'guide', 'errors.md'), 'utf8')
    expect(Object.keys(table).filter(name => !new RegExp(`^### ${name}\n.{40,}`, 'm').test(guide))).toEqual([])
  })

  test('have a description of one sentence', () => {
    for (const [name, meaning] of Object.entries(table)) expect(meaning, name).toMatch(/^[a-zO].{15,}[^.]$/)
  })
})
