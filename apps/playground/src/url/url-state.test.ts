import { expect, it } from 'vitest'
import { ignoredValues, number, oneOf, readValues, text, writeValues } from './fields.ts'
import { formatHash, parseHash } from './url-state.ts'

const fields = {
  data: oneOf(['moons', 'spirals'], 'moons'),
  seed: number({ min: 0, max: 10, whole: true, initial: 1 }),
  t: number({ min: 0, max: 1, initial: 0.5 }),
  from: text('', 5),
}
const read = (query: string) => readValues(fields, new URLSearchParams(query))

it('parsing a formatted hash returns the same view and query', () => {
  const hash = { view: 'paths', query: 'seed=2&from=%2Fa%2F' }
  expect(parseHash(formatHash(hash))).toEqual(hash)
  for (const other of ['', '#', '#/', '#content']) expect(parseHash(other)).toEqual({ view: '', query: '' })
})

it('initial values are omitted, others are restored', () => {
  expect(writeValues(fields, read('')).toString()).toBe('')
  const values = { data: 'spirals', seed: 0, t: 0.25, from: '/a/&' } as const
  expect(readValues(fields, writeValues(fields, values))).toEqual(values)
})

it('reports ignored values with what was expected and what is used instead', () => {
  const ignored = (query: string) => ignoredValues(fields, new URLSearchParams(query))
  expect(ignored('seed=2&other=1')).toEqual([])
  expect(ignored('seed=11&data=sun&from=toolong&t=0.1')).toEqual([
    { key: 'data', text: 'sun', expected: 'one of moons, spirals', used: 'moons' },
    { key: 'seed', text: '11', expected: 'an integer from 0 to 10', used: '1' },
    { key: 'from', text: 'toolong', expected: 'at most 5 characters long', used: '' },
  ])
  // 2⁵³ + 1, which would be rounded
  const seeds = { seed: number({ min: 0, max: Number.MAX_SAFE_INTEGER, whole: true, initial: 0 }) }
  expect(ignoredValues(seeds, new URLSearchParams('seed=9007199254740993'))).toEqual([
    { key: 'seed', text: '9007199254740993', expected: 'an integer from 0 to 9007199254740991', used: '0' },
  ])
})

it.each(['data=sun', 'seed=1.5', 'seed=11', 'seed=', 'seed=x', 't=-1', 't=NaN', 'from=toolong', 'other=1'])(
  '%s is ignored',
  query => {
    expect(read(query)).toEqual(read(''))
  },
)
