import { expect, it } from 'vitest'
import { logLine } from '../options.ts'

it('a record is one line, whatever its content', () => {
  const line = logLine({ level: 'info', event: 'request', path: '/a\n{"level":"error"}', status: 200 }, new Date(0))
  expect(line.endsWith('}\n')).toBe(true)
  expect(line.split('\n')).toHaveLength(2)
  expect(JSON.parse(line)).toEqual({
    time: '1970-01-01T00:00:00.000Z',
    level: 'info',
    event: 'request',
    path: '/a\n{"level":"error"}',
    status: 200,
  })
})
