import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { attempt, damage, damaged, refusal } from './fixtures/damage.ts'
import { parseStrictJson, type StrictJsonOptions } from './strict-json.ts'

const options: StrictJsonOptions = { what: 'test.json', code: 'MANIFEST_INVALID' }
const parse = (source: string | Uint8Array, more: Partial<StrictJsonOptions> = {}) =>
  parseStrictJson(source, { ...options, ...more })
const reason = (source: string | Uint8Array, more: Partial<StrictJsonOptions> = {}) =>
  refusal(() => parse(source, more)).details.reason

/** No negative zero: JSON.stringify loses its sign. No key twice by nature. */
const json = fc.jsonValue({ noUnicodeString: false }).map(value => JSON.parse(JSON.stringify(value)) as unknown)

describe('strict JSON', () => {
  it('reads what JSON.stringify writes, compact or indented, as text or bytes', () => {
    fc.assert(
      fc.property(json, fc.constantFrom(undefined, 2, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent)
        expect(parse(text)).toEqual(value)
        expect(parse(new TextEncoder().encode(text))).toEqual(value)
      }),
    )
  })

  it('agrees with JSON.parse on damaged text: refused by it is refused, accepted is equal', () => {
    fc.assert(
      fc.property(json, damage, (value, act) => {
        const bytes = damaged(new TextEncoder().encode(JSON.stringify(value)), act)
        const outcome = attempt(() => parse(bytes))
        if ('value' in outcome) expect(outcome.value).toEqual(JSON.parse(new TextDecoder().decode(bytes)))
        else expect(outcome.error.code).toBe('MANIFEST_INVALID')
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    ['', 'json-syntax'],
    ['  ', 'json-syntax'],
    ['{"a":1,}', 'json-syntax'],
    ['[1,]', 'json-syntax'],
    ['{"a" 1}', 'json-syntax'],
    ['{a:1}', 'json-syntax'],
    ["{'a':1}", 'json-syntax'],
    ['[1] 2', 'json-syntax'],
    ['[01]', 'json-syntax'],
    ['[1.]', 'json-syntax'],
    ['[.5]', 'json-syntax'],
    ['[+1]', 'json-syntax'],
    ['[NaN]', 'json-syntax'],
    ['tru', 'json-syntax'],
    ['"a', 'json-syntax'],
    ['"a\nb"', 'json-syntax'],
    ['"\\x"', 'json-syntax'],
    ['"\\u12"', 'json-syntax'],
    ['"\\', 'json-syntax'],
    ['/* */ 1', 'json-syntax'],
    ['\ufeff\ufeff{}', 'json-syntax'],
    ['{}\ufeff', 'json-syntax'],
    ['\u00a0{}', 'json-syntax'],
    ['[1e999]', 'json-number'],
    ['"\\ud800"', 'json-surrogate'],
    ['"\\udc00\\ud800"', 'json-surrogate'],
    ['{"a":1,"b":2,"a":3}', 'json-duplicate-key'],
    ['{"a":1,"\\u0061":3}', 'json-duplicate-key'],
    ['{"__proto__":1,"__proto__":3}', 'json-duplicate-key'],
    ['[{"x":{"toString":1,"toString":1}}]', 'json-duplicate-key'],
  ])('refuses %j: %s', (text, expected) => {
    expect(reason(text)).toBe(expected)
  })

  it('skips a byte order mark at the beginning, in text and in bytes', () => {
    expect(parse('\ufeff{"a": 1}')).toEqual({ a: 1 })
    expect(parse(new TextEncoder().encode('\ufeff{"a": 1}'))).toEqual({ a: 1 })
    expect(parse(new TextEncoder().encode('{"a": "\ufeffb"}'))).toEqual({ a: '\ufeffb' })
  })

  it('gives the caller’s hint, where there is one', () => {
    for (const source of ['{', Uint8Array.of(0xff)]) {
      expect(refusal(() => parse(source, { hint: 'delete it' })).hint).toBe('delete it')
    }
  })

  it('says the line and column', () => {
    expect(refusal(() => parse('{\n  "a": 1,\n  "a": 2\n}'))).toMatchObject({
      message: 'test.json has the key "a" twice (line 3, column 3)',
      details: { reason: 'json-duplicate-key', line: 3, column: 3, position: 14 },
    })
  })

  it('keeps prototype names as plain own keys', () => {
    const value = parse('{"__proto__":{"polluted":true},"constructor":1,"hasOwnProperty":2}')
    expect(Object.keys(value as object)).toEqual(['__proto__', 'constructor', 'hasOwnProperty'])
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it('limits nesting, so that a megabyte of brackets neither overflows the stack nor takes long', () => {
    expect(parse('[[[0]]]', { maxDepth: 3 })).toEqual([[[0]]])
    expect(reason('[[[[0]]]]', { maxDepth: 3 })).toBe('json-depth')
    expect(reason('['.repeat(2 ** 20))).toBe('json-depth')
    expect(reason('{"a":'.repeat(2 ** 18))).toBe('json-depth')
  })

  it('limits the size before it looks', () => {
    expect(reason(new Uint8Array(101), { maxBytes: 100 })).toBe('too-large')
  })

  it('refuses what is not UTF-8', () => {
    expect(reason(Uint8Array.of(0x22, 0xff, 0x22))).toBe('not-utf8')
    expect(reason(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22))).toBe('not-utf8')
    expect(reason(Uint8Array.of(0x22, 0xc0, 0xaf, 0x22))).toBe('not-utf8')
  })

  it('takes only counts where asked', () => {
    expect(parse('[0,10,9007199254740991]', { onlyCounts: true })).toEqual([0, 10, Number.MAX_SAFE_INTEGER])
    for (const text of ['[-1]', '[-0]', '[1.0]', '[1e3]', '[1E3]', '[01]']) {
      expect(reason(text, { onlyCounts: true })).toBe('json-number')
    }
  })
})
