/** `llms.txt` (llmstxt.org) has the standard form, valid links, and only code that a tested README contains. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { codeBlocks } from './workspace/readme.ts'
import { packages, root } from './workspace/workspace.ts'

const path = join(root, 'llms.txt')
const text = readFileSync(path, 'utf8')
const base = 'https://raw.githubusercontent.com/mixflow/mixflow/main/'

test('has a title, a summary and lists of links', () => {
  expect(text).toMatch(/^# mixflow\n\n> \S.*\n\n/)
  const lists = text.slice(text.indexOf('\n## ')).split('\n')
  expect(lists.filter(line => line !== '' && !/^## \S|^- \[[^\]]+\]\([^)]+\): \S/.test(line))).toEqual([])
  expect(text.length).toBeLessThan(6000)
})

test('links to files of this repository', () => {
  const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(match => match[1] as string)
  expect(links.length).toBeGreaterThan(10)
  expect(links.filter(link => !link.startsWith(base) || !existsSync(join(root, link.slice(base.length))))).toEqual([])
})

test('has only code from READMEs', async () => {
  const files = ['README.md', ...packages.map(({ id }) => `packages/${id}/README.md`)]
  const readmes = (await Promise.all(files.map(file => codeBlocks(join(root, file))))).flat().map(({ code }) => code)
  const blocks = await codeBlocks(path)
  expect(blocks.map(({ language }) => language)).toEqual(expect.arrayContaining(['ts', 'js', 'sh']))
  expect(blocks.filter(({ code }) => !readmes.includes(code))).toEqual([])
})
