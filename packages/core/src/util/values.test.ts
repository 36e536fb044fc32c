import { describe, expect, expectTypeOf, it } from 'vitest'
import { defined } from './values.ts'

describe('defined', () => {
  it('leaves out what is undefined, and nothing else that is falsy', () => {
    const found = defined({ a: undefined, b: null, c: 0, d: '', e: false, f: Number.NaN })
    expect(Object.keys(found)).toEqual(['b', 'c', 'd', 'e', 'f'])
    expect(found).toEqual({ b: null, c: 0, d: '', e: false, f: Number.NaN })
  })

  it('changes nothing that it is given', () => {
    const values = { a: undefined, b: 1 }
    defined(values)
    expect(Object.keys(values)).toEqual(['a', 'b'])
  })

  it('has values that are optional, and not undefined', () => {
    const limit = undefined as number | undefined
    expectTypeOf(defined({ limit })).toEqualTypeOf<{ limit?: number }>()
    expectTypeOf(defined({ nfe: 3 as number | null })).toEqualTypeOf<{ nfe?: number | null }>()
  })
})
