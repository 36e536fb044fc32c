import { expect, it } from 'vitest'
import { printable, printableName } from './printable.ts'

it.each([
  ['a colour that hides text', 'a\u001b[8mb', 'a\\u001b[8mb'],
  ['a carriage return', 'a\rb', 'a\\u000db'],
  ['C1, which some terminals obey', 'a\u009b2Jb', 'a\\u009b2Jb'],
  ['an override of direction', 'gpj.\u202efdp', 'gpj.\\u202efdp'],
  ['isolates', '\u2066a\u2069', '\\u2066a\\u2069'],
  ['a separator of lines', 'a\u2028b', 'a\\u2028b'],
  ['nothing in names of any script', 'Bäume 猫 \u{1f431} שלום', 'Bäume 猫 \u{1f431} שלום'],
])('escapes %s', (_, text, shown) => {
  expect(printable(text)).toBe(shown)
  expect(printableName(text)).toBe(shown)
})

it('keeps lines and tabs of a text, and not those of a name', () => {
  expect(printable('a\n\tb')).toBe('a\n\tb')
  expect(printableName('a\n\tb')).toBe('a\\n\\tb')
})
