/** Files of the repository have no paths of a machine, private registries or secrets, and are not too large; required files exist. */
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
  test('files are found', () => {
    expect(files.length).toBeGreaterThan(100)
  })

  test('no file has a path of a machine', () => {
    // /home/… and the like, but not within a URL or a relative path
    const absolute = /(?<![\w.:/*}@-])\/(?:home|root|Users|tmp|work|workspace|mnt|private|var)\/[\w.-]+/g
    expect(matches(absolute)).toEqual([])
    expect(matches(/\b[A-Z]:\\\\?Users\b/g)).toEqual([])
  })

  test('no file names a registry, and the lockfile has only names and hashes', () => {
    const mine = 'tests/src/repository.test.ts'
    expect(matches(/https?:\/\/[^\s'"/]*(?:registry|artifactory|verdaccio|nexus)[^\s'"]*/g, [mine])).toEqual([])
    const lockfile = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8')
    expect(lockfile.match(/^.*(?:https?:|tarball:|git\+).*$/gm) ?? []).toEqual([])
  })

  test('no file has a secret', () => {
    expect(
      matches(/\b(?:npm_(?!config_)|gh[pousr]_|github_pat_|sk-|AKIA)[A-Za-z0-9_]{16,}|-----BEGIN [A-Z ]*PRIVATE KEY/g),
    ).toEqual([])
  })

  test('no file is too large', () => {
    expect(files.filter(({ size }) => size > 8_000_000)).toEqual([])
  })

  test('README, LICENSE and the other usual files exist', () => {
    const expected = ['README.md', 'LICENSE', 'CONTRIBUTING.md', 'SECURITY.md', 'docs/decisions/README.md']
    const readmes = published.map(({ manifest }) => `${manifest.repository?.directory}/README.md`)
    const names = files.map(({ file }) => file)
    expect([...expected, ...readmes].filter(file => !names.includes(file))).toEqual([])
  })

  test('every decision record is listed', () => {
    const list = texts.find(({ file }) => file === 'docs/decisions/README.md')?.text ?? ''
    const records = files.map(({ file }) => /^docs\/decisions\/(\d{4}-.*\.md)$/.exec(file)?.[1]).filter(name => name)
    expect(records.length).toBeGreaterThan(0)
    expect(records.filter(name => !list.includes(`(${name})`))).toEqual([])
  })

  test('no link to a file is dead', () => {
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
