import { expect, it } from 'vitest'
import { shellWord } from './shell-word.ts'

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
