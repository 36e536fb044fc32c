import { expect, it } from 'vitest'
import { formatAddress, parseAddress } from './address.ts'
import { number, readValues, refusedValues, text, word, writeValues } from './fields.ts'

const fields = {
  data: word(['moons', 'spirals'], 'moons'),
  seed: number({ min: 0, max: 10, whole: true, initial: 1 }),
  t: number({ min: 0, max: 1, initial: 0.5 }),
  from: text('', 5),
}
const read = (query: string) => readValues(fields, new URLSearchParams(query))

it('an address is read back as it was written', () => {
  const address = { view: 'paths', query: 'seed=2&from=%2Fa%2F' }
  expect(parseAddress(formatAddress(address))).toEqual(address)
  for (const hash of ['', '#', '#/', '#content']) expect(parseAddress(hash)).toEqual({ view: '', query: '' })
})

it('values that are as at first are left out, the others come back', () => {
  expect(writeValues(fields, read('')).toString()).toBe('')
  const values = { data: 'spirals', seed: 0, t: 0.25, from: '/a/&' } as const
  expect(readValues(fields, writeValues(fields, values))).toEqual(values)
})

it('says which values are not used, what was expected and what is used instead', () => {
  const refused = (query: string) => refusedValues(fields, new URLSearchParams(query))
  expect(refused('seed=2&other=1')).toEqual([])
  expect(refused('seed=11&data=sun&from=toolong&t=0.1')).toEqual([
    { key: 'data', text: 'sun', expected: 'one of moons, spirals', used: 'moons' },
    { key: 'seed', text: '11', expected: 'a whole number from 0 to 10', used: '1' },
    { key: 'from', text: 'toolong', expected: 'at most 5 characters', used: '' },
  ])
  // the next number after the largest safe one, which rounding must not let pass
  const seeds = { seed: number({ min: 0, max: Number.MAX_SAFE_INTEGER, whole: true, initial: 0 }) }
  expect(refusedValues(seeds, new URLSearchParams('seed=9007199254740993'))).toEqual([
    { key: 'seed', text: '9007199254740993', expected: 'a whole number from 0 to 9007199254740991', used: '0' },
  ])
})

it.each(['data=sun', 'seed=1.5', 'seed=11', 'seed=', 'seed=x', 't=-1', 't=NaN', 'from=toolong', 'other=1'])(
  '%s is as if it were not there',
  query => {
    expect(read(query)).toEqual(read(''))
  },
)
