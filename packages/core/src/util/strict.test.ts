import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MixflowError } from '../errors.ts'
import { checkKeys, checkWord, nearest, show } from './strict.ts'

const options = ['count', 'seed', 'steps', 'nfe', 'solver', 'batchSize', 'mixtureWeight']

function failure(run: () => unknown): MixflowError {
  try {
    run()
  } catch (error) {
    if (MixflowError.is(error)) return error
    throw error
  }
  throw new Error('expected a MixflowError')
}

describe('nearest', () => {
  it.each([
    ['batchsize', 'batchSize'],
    ['batch_size', 'batchSize'],
    ['batch-size', 'batchSize'],
    ['batchSzie', 'batchSize'],
    ['sead', 'seed'],
    ['step', 'steps'],
    ['mixtureweigth', 'mixtureWeight'],
    ['nef', 'nfe'],
  ])('%s is nearest to %s', (word, expected) => {
    expect(nearest(word, options)).toBe(expected)
  })

  it('offers nothing where nothing is near', () => {
    expect(nearest('temperature', options)).toBeUndefined()
    expect(nearest('', options)).toBeUndefined()
    expect(nearest('seed', [])).toBeUndefined()
  })

  it('finds a word after any one edit of it', () => {
    const edit = fc.record({ word: fc.constantFrom(...options), at: fc.nat(20), letter: fc.constantFrom(...'qzxj') })
    fc.assert(
      fc.property(edit, ({ word, at, letter }) => {
        const i = at % word.length
        expect(nearest(word.slice(0, i) + letter + word.slice(i), options)).toBe(word)
        expect(nearest(word.slice(0, i) + letter + word.slice(i + 1), options)).toBe(word)
      }),
      { seed: 1 },
    )
  })

  it('stays quick on a hostile word', () => {
    expect(nearest('x'.repeat(1_000_000), options)).toBeUndefined()
  })
})

describe('checkKeys', () => {
  const context = { what: 'sample request', code: 'REQUEST_INVALID' } as const

  it('accepts any subset of the known keys, also without a prototype', () => {
    checkKeys({}, options, context)
    checkKeys({ seed: 1, nfe: undefined }, options, context)
    checkKeys(Object.assign(Object.create(null), { seed: 1 }), options, context)
  })

  it('names the unknown key, the nearest one and all of them', () => {
    const error = failure(() => checkKeys({ seed: 1, batchsize: 2 }, options, context))
    expect(error.code).toBe('REQUEST_INVALID')
    expect(error.message).toBe('unknown option "batchsize" in sample request')
    expect(error.hint).toContain('did you mean "batchSize"?')
    expect(error.hint).toContain('mixtureWeight')
    expect(error.details).toMatchObject({ key: 'batchsize', nearest: 'batchSize' })
  })

  it.each([null, undefined, 3, 'x', [], new Map(), () => 0, new Date()])('refuses %s', value => {
    expect(failure(() => checkKeys(value, options, { what: 'options' })).code).toBe('ARGUMENT_INVALID')
  })

  it('misses required keys, an undefined one included', () => {
    const required = ['count'] as const
    expect(failure(() => checkKeys({}, options, { ...context, required })).message).toContain('"count"')
    expect(failure(() => checkKeys({ count: undefined }, options, { ...context, required })).message).toContain(
      '"count"',
    )
    checkKeys({ count: 0 }, options, { ...context, required })
  })

  it('does not take inherited names for known keys', () => {
    for (const key of ['constructor', 'toString', '__proto__']) {
      const value = JSON.parse(`{"${key}": 1}`)
      expect(failure(() => checkKeys(value, options, context)).message).toContain(key)
    }
    expect(failure(() => checkKeys({}, ['toString'], { ...context, required: ['toString'] })).message).toContain(
      'toString',
    )
  })
})

describe('checkWord', () => {
  it('returns the word or names the nearest', () => {
    const solver: 'euler' | 'heun' = checkWord('heun', ['euler', 'heun'], { what: 'solver' })
    expect(solver).toBe('heun')
    const error = failure(() => checkWord('Huen', ['euler', 'heun'], { what: 'solver' }))
    expect(error.message).toBe('unknown solver "Huen"')
    expect(error.hint).toContain('did you mean "heun"?')
    expect(failure(() => checkWord(7, ['euler'], { what: 'solver' })).message).toBe('unknown solver 7')
  })
})

describe('show', () => {
  it('is short and never throws', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withTypedArray: true, withNullPrototype: true }), value => {
        expect(show(value).length).toBeLessThan(160)
      }),
      { seed: 1 },
    )
    expect(show(new Float32Array(3))).toBe('Float32Array(3)')
    expect(show(Symbol('a'))).toBe('Symbol(a)')
  })
})
