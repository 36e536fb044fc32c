/** Each schema is one of the library's own, character by character; what is parsed from it is what the dispatcher expects. */

import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { library } from './fixtures/library.ts'
import { libraryFile } from './library/libtorch.ts'
import { parseSchema, schemas } from './operators.ts'

/** The part of the library that holds the schemas, which stand together: some megabytes around one of them. */
function schemaText(path: string, anchor: string): string {
  const [chunk, around] = [1 << 24, 1 << 22]
  const file = openSync(path, 'r')
  const read = (at: number, size: number) => {
    const part = Buffer.alloc(size)
    return part.subarray(0, readSync(file, part, 0, size, Math.max(0, at)))
  }
  try {
    for (let at = 0; at < statSync(path).size; at += chunk - anchor.length) {
      const found = read(at, chunk).indexOf(anchor)
      if (found >= 0) return read(at + found - around, 2 * around).toString('latin1')
    }
    return ''
  } finally {
    closeSync(file)
  }
}

describe.skipIf(library === null)('the operators of libtorch', () => {
  it('have the schemas that are called', () => {
    const text = schemaText(join(library as string, libraryFile()), schemas[0])
    expect(schemas.filter(schema => !text.includes(schema))).toEqual([])
  })
})

describe('a schema', () => {
  it('says how each argument is passed', () => {
    const schema = schemas.find(one => one.startsWith('convolution_backward')) as string
    const { name, overload, arguments: all, results } = parseSchema(schema)
    expect(new TextDecoder().decode(name)).toBe('aten::convolution_backward\0')
    expect(new TextDecoder().decode(overload)).toBe('\0')
    expect(results).toBe(3)
    expect(all.map(({ name: argument, kind, optional }) => `${argument} ${kind}${optional ? '?' : ''}`)).toEqual([
      'grad_output tensor',
      'input tensor',
      'weight tensor',
      'bias_sizes integers?',
      'stride integers',
      'padding integers',
      'dilation integers',
      'transposed boolean',
      'output_padding integers',
      'groups integer',
      'output_mask booleans',
    ])
  })

  it('may have an overload, keyword arguments, and defaults', () => {
    const { overload, arguments: all } = parseSchema(
      'sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor',
    )
    expect(new TextDecoder().decode(overload)).toBe('dim_IntList\0')
    expect(all.map(({ kind, optional }) => [kind, optional])).toEqual([
      ['tensor', false],
      ['integers', true],
      ['boolean', false],
      ['integer', true],
    ])
  })
})
