import { expect, test } from 'vitest'
import { inTable } from './table.ts'
import type { Tool } from './tool.ts'

const tool = (name: string, major: string): Tool => ({ name, major, pkg: 'x', packages: [], files: {} })
const row = (major: string, version: string) => ({
  ...{ project: tool('Vite', major), version, node: '20.0.0' },
  built: { result: 'works', note: '' } as const,
})
const written = (text: string, rows: ReturnType<typeof row>[], sequence: string[]) =>
  inTable(text, { table: 'matrix', rows, sequence })

test('a row replaces the one of its tool, the others stay, in the sequence of the tools', () => {
  const sequence = ['Vite 5', 'Vite 6']
  const first = written('a\n<!-- matrix -->\n| h |\n|---|\n<!-- /matrix -->\nb', [row('6', '6.0.0')], sequence)
  const second = written(first, [row('6', '6.1.0'), row('5', '5.0.0')], sequence)
  expect(second.split('\n').filter(line => line.startsWith('| Vite'))).toEqual([
    '| Vite 5 | 5.0.0 | 20.0.0 |  | works |  |',
    '| Vite 6 | 6.1.0 | 20.0.0 |  | works |  |',
  ])
  expect([second.startsWith('a\n<!-- matrix -->\n'), second.endsWith('\n<!-- /matrix -->\nb')]).toEqual([true, true])
  const third = written(second, [], ['Vite 6'])
  expect(third).not.toContain('Vite 5')
  expect(third).toContain('Vite 6')
})

test('a file without the marks is refused', () => {
  expect(() => written('text', [], [])).toThrow('<!-- matrix -->')
})
