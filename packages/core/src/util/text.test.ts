import { expect, it } from 'vitest'
import { hostileNames, unprintable } from '../testing/hostile-names.ts'
import { markdownCode, markdownTarget, markdownText, printable, printableName, shellWord } from './text.ts'

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

it.each([
  ['a cell’s border', 'a|b', 'a\\|b'],
  ['code', '`a`', '\\`a\\`'],
  ['HTML', '<img src=x> &amp;', '&lt;img src=x> &amp;amp;'],
  ['links and emphasis', '[a](b) *c*', '\\[a\\](b) \\*c\\*'],
  ['a line break', 'a\nb', 'a\\\\nb'],
  ['control characters', 'a\u001b[31m', 'a\\\\u001b\\[31m'],
  ['an override of direction', 'gpj.\u202efdp', 'gpj.\\\\u202efdp'],
  ['nothing in names of any script', 'Bäume_2 猫 (a) #1', 'Bäume_2 猫 (a) #1'],
])('escapes %s', (_, text, shown) => {
  expect(markdownText(text)).toBe(shown)
})

it.each([
  ['models/mnist', 'models/mnist'],
  ['a b/(c)|<d>\n\u202e', 'a%20b/%28c%29%7C%3Cd%3E%0A%E2%80%AE'],
  ['a#b?c', 'a%23b%3fc'],
])('writes %j as the target of a link', (path, target) => {
  expect(markdownTarget(path)).toBe(target)
})

it.each([
  ['@you/model-a', '`@you/model-a`'],
  ['`a``b`', '``` `a``b` ```'],
  ['a|b\n', '`a\\|b\\n`'],
])('writes %j as code', (text, code) => {
  expect(markdownCode(text)).toBe(code)
})

it.each(hostileNames)('leaves of %j nothing that acts', name => {
  for (const text of [markdownText(name), markdownCode(name), markdownTarget(name)]) {
    expect(text).not.toMatch(unprintable)
    expect(text).not.toContain('\n')
    expect(text).not.toMatch(/(?<!\\)\|/)
  }
  expect(markdownText(name) + markdownTarget(name)).not.toContain('<')
})

it.each([
  ['a/b-c=1', 'a/b-c=1'],
  ['a b', "'a b'"],
  ["it's", "'it'\\''s'"],
  ['', "''"],
  ['[8]', "'[8]'"],
  ['a\\b', "'a\\b'"],
  ["it's\\\n\u001b[31m\u202e", "$'it\\'s\\\\\\n\\u001b[31m\\u202e'"],
])('quotes %j', (word, quoted) => {
  expect(shellWord(word)).toBe(quoted)
})
