/**
 * What no file of the repository may hold: paths of the machine it was written on, a private registry, a secret, a file too
 * big for a clone. And what the repository must have to be worked with.
 */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { published, repositoryFiles, root } from './workspace/workspace.ts'

const known = repositoryFiles()
const files = (known ?? []).flatMap(file => {
  const size = statSync(join(root, file), { throwIfNoEntry: false })?.size
  return size === undefined ? [] : [{ file, size }]
})
const binary = /\.(gz|png|jpg|onnx|safetensors|zip)$/
const texts = files
  .filter(({ file }) => !binary.test(file))
  .map(({ file }) => ({ file, text: readFileSync(join(root, file), 'utf8') }))

/** `file: match` for each match outside the files where the pattern belongs. */
const matches = (pattern: RegExp, except: readonly string[] = []) =>
  texts
    .filter(({ file }) => !except.includes(file))
    .flatMap(({ file, text }) => [...text.matchAll(pattern)].map(match => `${file}: ${match[0]}`))

describe.skipIf(known === null)('the repository', () => {
  test('the files of the repository are found', () => {
    expect(files.length).toBeGreaterThan(100)
  })

  test('no file names a folder of the machine that it was written on', () => {
    // a slash, a top-level folder, a slash; not the middle of an address or of a relative path
    const absolute = /(?<![\w.:/*}@-])\/(?:home|root|Users|tmp|work|workspace|mnt|private|var)\/[\w.-]+/g
    expect(matches(absolute)).toEqual([])
    expect(matches(/\b[A-Z]:\\\\?Users\b/g)).toEqual([])
  })

  test('no file names a registry: the lockfile has names and hashes only', () => {
    const mine = 'tests/src/repository.test.ts'
    expect(matches(/https?:\/\/[^\s'"/]*(?:registry|artifactory|verdaccio|nexus)[^\s'"]*/g, [mine])).toEqual([])
    const lockfile = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8')
    expect(lockfile.match(/^.*(?:https?:|tarball:|git\+).*$/gm) ?? []).toEqual([])
  })

  test('no file holds a secret', () => {
    expect(
      matches(/\b(?:npm_(?!config_)|gh[pousr]_|github_pat_|sk-|AKIA)[A-Za-z0-9_]{16,}|-----BEGIN [A-Z ]*PRIVATE KEY/g),
    ).toEqual([])
  })

  test('no file is too big for a clone that should be quick', () => {
    // the largest are networks of models/: whoever has a clone can sample from them, and repeat our distances
    expect(files.filter(({ size }) => size > 8_000_000)).toEqual([])
  })

  test('what a guest looks for is there', () => {
    const wanted = ['README.md', 'LICENSE', 'CONTRIBUTING.md', 'SECURITY.md', 'docs/decisions/README.md']
    const readmes = published.map(({ manifest }) => `${manifest.repository?.directory}/README.md`)
    const names = files.map(({ file }) => file)
    expect([...wanted, ...readmes].filter(file => !names.includes(file))).toEqual([])
  })

  test('each decision record is in the list of records', () => {
    const list = texts.find(({ file }) => file === 'docs/decisions/README.md')?.text ?? ''
    const records = files.map(({ file }) => /^docs\/decisions\/(\d{4}-.*\.md)$/.exec(file)?.[1]).filter(name => name)
    expect(records.length).toBeGreaterThan(0)
    expect(records.filter(name => !list.includes(`(${name})`))).toEqual([])
  })

  test('each link to a file of the repository leads somewhere', () => {
    const names = new Set(files.map(({ file }) => file))
    const folders = new Set(
      files.flatMap(({ file }) => file.split('/').map((_, i, parts) => parts.slice(0, i).join('/'))),
    )
    const dead = texts
      .filter(({ file }) => file.endsWith('.md'))
      .flatMap(({ file, text }) =>
        [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map(match => ({ file, link: match[1] as string })),
      )
      .filter(({ file, link }) => {
        const path = new URL(link, `file:///${file}`).pathname.slice(1).replace(/\/$/, '')
        return !names.has(decodeURIComponent(path)) && !folders.has(path)
      })
    expect(dead).toEqual([])
  })
})
