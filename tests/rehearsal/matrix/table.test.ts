import { expect, test } from 'vitest'
import { inTable } from './table.ts'
import type { Tool } from './tool.ts'

const tool = (name: string, major: string): Tool => ({ name, major, pkg: 'x', packages: [], files: {} })
const row = (major: string, version: string) => ({
  ...{ tool: tool('Vite', major), version, node: 'v20.0.0' },
  built: { result: 'worker', note: '' } as const,
})

test('a row replaces the one of its tool, the others stay, in the order of the tools', () => {
  const order = ['Vite 5', 'Vite 6']
  const first = inTable('a\n<!-- matrix -->\n| h |\n|---|\n<!-- /matrix -->\nb', [row('6', '6.0.0')], order)
  const second = inTable(first, [row('6', '6.1.0'), row('5', '5.0.0')], order)
  expect(second.split('\n').filter(line => line.startsWith('| Vite'))).toEqual([
    '| Vite 5 | 5.0.0 | 20.0.0 |  | works |  |',
    '| Vite 6 | 6.1.0 | 20.0.0 |  | works |  |',
  ])
  expect([second.startsWith('a\n<!-- matrix -->\n'), second.endsWith('\n<!-- /matrix -->\nb')]).toEqual([true, true])
})

test('a file without the marks is refused', () => {
  expect(() => inTable('text', [], [])).toThrow('<!-- matrix -->')
})
