/**
 * The documentation builds as a website. TypeDoc and VitePress refuse dead links, missing images and exported functions without a
 * docstring; here every entry has its page, every anchor its heading, and the search knows the guide.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from './workspace/run.ts'
import { filesBelow, packages, root } from './workspace/workspace.ts'

const out = await mkdtemp(join(tmpdir(), 'mixflow-site-'))
afterAll(() => rm(out, { recursive: true, force: true }))

/** Address, such as `/guide/start`, to HTML. */
const pages = new Map<string, string>()

beforeAll(async () => {
  const docs = join(root, 'docs')
  const tool = (name: string) => join(docs, 'node_modules', '.bin', name)
  await run(tool('typedoc'), ['--logLevel', 'Warn'], { cwd: docs })
  // vitest's own NODE_ENV would build for development
  const env = { ...process.env, NODE_ENV: 'production' }
  await run(tool('vitepress'), ['build', '--outDir', out], { cwd: docs, env })
  for (const file of filesBelow(out).filter(file => file.endsWith('.html')))
    pages.set(`/${file.replace(/(index)?\.html$/, '')}`, await readFile(join(out, file), 'utf8'))
})

test('every entry of every package has a page of its docstrings', () => {
  const entries = packages.flatMap(({ manifest }) =>
    Object.keys(manifest.exports ?? {})
      // a file, such as './worker.js', has the API of the entry that it is built from
      .filter(entry => !/\.(js|json)$/.test(entry))
      .map(entry => `/api/${join(manifest.name, entry)}`),
  )
  expect(entries.filter(entry => !pages.has(entry))).toEqual([])
  expect(pages.get('/api/@mixflow/core')).toContain('kappaFc')
})

test('every page of the guide and every README of a package is there', async () => {
  const guide = (await readdir(join(root, 'docs', 'guide'))).filter(file => file.endsWith('.md'))
  const expected = [...guide.map(file => `/guide/${file.slice(0, -3)}`), ...packages.map(({ id }) => `/packages/${id}`)]
  expect(expected.filter(page => !pages.has(page))).toEqual([])
})

test('every link within the site leads to a page, and to a heading of it', () => {
  const ids = new Map([...pages].map(([page, html]) => [page, new Set(attributes(html, 'id'))]))
  const dead = [...pages].flatMap(([page, html]) =>
    attributes(html, 'href')
      .filter(href => /^[/#](?!.*\.(css|js|woff2)$)/.test(href))
      .filter(href => {
        const { pathname, hash } = new URL(href, `http://site${page}`)
        const found = ids.get(decodeURIComponent(pathname))
        return found === undefined || (hash !== '' && !found.has(decodeURIComponent(hash.slice(1))))
      })
      .map(href => `${page}: ${href}`),
  )
  expect([...new Set(dead)]).toEqual([])
})

test('the search is local and knows the guide', async () => {
  const index = filesBelow(out).find(file => file.includes('localSearchIndexroot')) ?? ''
  const text = await readFile(join(out, index), 'utf8')
  for (const page of ['/guide/start', '/guide/errors', '/glossary']) expect(text).toContain(page)
  for (const html of pages.values()) expect(html).not.toMatch(/<(script|link)[^>]+(src|href)="https?:/)
})

const attributes = (html: string, name: string): string[] =>
  [...html.matchAll(new RegExp(` ${name}="([^"]+)"`, 'g'))].map(match => match[1]!.replaceAll('&amp;', '&'))
