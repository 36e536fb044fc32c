import { describe, expect, it } from 'vitest'
import { labelText, resolveLabel, sameClasses } from './class-label.ts'

const folders = ['0', '10', '11', '2', '3'] // as an alphabet sorts them
const numeric = { count: folders.length, names: folders }
const animals = { count: 3, names: ['cat', 'Dog', 'cafe\u0301'] }
const refusal = (label: unknown, labels: Parameters<typeof resolveLabel>[1]) => {
  try {
    return resolveLabel(label as never, labels)
  } catch (error) {
    return error as { code: string; message: string; hint: string; details: Record<string, unknown> }
  }
}

describe('resolveLabel', () => {
  it('takes a number for the index, whatever the names', () => {
    expect([0, 1, 2, 3, 4].map(i => resolveLabel(i, numeric))).toEqual([0, 1, 2, 3, 4])
    for (const wrong of [5, -1, 0.5, Number.NaN]) {
      expect(refusal(wrong, numeric)).toMatchObject({
        code: 'REQUEST_INVALID',
        message: expect.stringMatching(/integer in 0\.\.4, got/),
      })
    }
  })

  it.each([true, {}, 3n, undefined])('refuses what is neither: %s', wrong => {
    expect(refusal(wrong, numeric)).toMatchObject({
      message: expect.stringMatching(/^label must be an index or a name/),
    })
  })

  it('takes a string for a name, then for an index', () => {
    expect(['cat', 'dog', 'DOG', '1', '002'].map(word => resolveLabel(word, animals))).toEqual([0, 1, 1, 1, 2])
    expect(['0', '10', '11', '1'].map(word => resolveLabel(word, numeric))).toEqual([0, 1, 2, 1])
    expect(resolveLabel('1', { count: 2 })).toBe(1)
  })

  it('refuses digits that are the name of one class and the index of another, and says how to write both', () => {
    expect(refusal('2', numeric)).toMatchObject({
      code: 'REQUEST_INVALID',
      message: 'class "2" is both the name of class 3 and the index of another class',
      hint: 'write "name:2" for the class of that name, or "index:2" for the class of that index',
    })
    expect([resolveLabel('name:2', numeric), resolveLabel('index:2', numeric)]).toEqual([3, 2])
    // "02" is such a string, too
    expect(refusal('02', { count: 3, names: ['02', 'a', 'b'] })).toMatchObject({ details: { byName: 0, byIndex: 2 } })
  })

  it('compares names composed, in whichever form they are given or kept', () => {
    expect(['caf\u00e9', 'cafe\u0301', 'CAF\u00c9', 'name:caf\u00e9'].map(word => resolveLabel(word, animals))).toEqual(
      [2, 2, 2, 2],
    )
    expect(resolveLabel('cafe\u0301', { count: 1, names: ['caf\u00e9'] })).toBe(0)
  })

  it('takes nothing but null where there are no classes', () => {
    expect(resolveLabel(null, null)).toBeNull()
    expect(refusal('cat', null)).toMatchObject({
      code: 'REQUEST_INVALID',
      message: expect.stringContaining('has no classes'),
    })
  })

  it('prefers the name that is equal, and refuses one of two that differ in case', () => {
    const two = { count: 2, names: ['Cat', 'CAT'] }
    expect(resolveLabel('CAT', two)).toBe(1)
    expect(refusal('cat', two)).toMatchObject({
      message: 'class "cat" may be 0 "Cat" or 1 "CAT"',
      hint: 'write "index:0" or "index:1"',
    })
  })

  it('takes null, and "none" where no class is called so, for no class', () => {
    for (const none of [null, 'none', 'None', 'index:none']) expect(resolveLabel(none, animals)).toBeNull()
    const named = { count: 2, names: ['some', 'none'] }
    expect([resolveLabel('none', named), resolveLabel('index:none', named)]).toEqual([1, null])
  })

  it.each(['', 'bird', '3', '-1', '1.0', ' cat', 'index:cat', 'index:', 'index:3', 'name:1'])('refuses %j', word => {
    expect(refusal(word, animals)).toMatchObject({
      code: 'REQUEST_INVALID',
      message: `this model has no class ${JSON.stringify(word)}`,
    })
  })

  it('names the nearest class, and lists at most 40', () => {
    expect(refusal('Dgo', animals)).toMatchObject({ hint: 'did you mean "Dog"? classes: 0 cat, 1 Dog, 2 cafe\u0301' })
    expect(refusal('x', { count: 1000 })).toMatchObject({ hint: expect.stringMatching(/38, 39, …$/) })
  })
})

describe('labelText', () => {
  it('is the name where that is clear, and always means its class', () => {
    const text = (labels: typeof numeric) => labels.names.map((_, i) => labelText(i, labels))
    expect(text(animals)).toEqual(animals.names)
    expect(text(numeric)).toEqual(['0', '10', '11', 'name:2', 'name:3'])
    expect(text({ count: 2, names: ['a', 'a'] })).toEqual(['index:0', 'index:1'])
    expect(text({ count: 2, names: ['index:1', 'name:x'] })).toEqual(['name:index:1', 'name:name:x'])
    expect(labelText(2, { count: 3 })).toBe('2')
  })
})

describe('sameClasses', () => {
  it('compares names composed, and numbers where one has no names', () => {
    expect(sameClasses(animals, { count: 3, names: ['cat', 'Dog', 'caf\u00e9'] })).toBe(true)
    expect(sameClasses(animals, { count: 3, names: ['Dog', 'cat', 'caf\u00e9'] })).toBe(false)
    expect(sameClasses(animals, { count: 3 })).toBe(true)
    expect(sameClasses(animals, { count: 2 })).toBe(false)
  })
})
