/**
 * READMEs and the guide are correct: every TypeScript example compiles strictly against the sources, those marked `run` run in a
 * plain Node process, a `text` block right after one is what it prints, and commands, presets and options exist.
 */
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { presets } from '@mixflow/zoo'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CodeBlock, codeBlocks } from './workspace/readme.ts'
import { run } from './workspace/run.ts'
import { dataPackages, packages, readManifest, root } from './workspace/workspace.ts'

const folder = join(root, 'tests', 'node_modules', '.cache', 'readme')
const guides = [
  ...['README.md', 'CONTRIBUTING.md', 'examples/README.md', ...packages.map(({ id }) => `packages/${id}/README.md`)],
  ...dataPackages.map(({ id }) => `models/${id}/README.md`),
  ...readdirSync(join(root, 'docs', 'guide')).flatMap(file => (file.endsWith('.md') ? [`docs/guide/${file}`] : [])),
].filter(file => existsSync(join(root, file)))

/** Arguments with which Node runs TypeScript, siblings from their sources. */
const tsx = pathToFileURL(join(root, 'node_modules', 'tsx', 'dist', 'loader.mjs')).href
const typescript = ['--conditions=@mixflow/source', '--import', tsx]

interface Example extends CodeBlock {
  readonly title: string
  readonly path: string
  /** What it must print, where the README says so. */
  readonly prints: string | undefined
}

const examples: Example[] = (
  await Promise.all(
    guides.map(async file => {
      const blocks = await codeBlocks(join(root, file))
      return blocks.flatMap((block, i) => {
        if (block.language !== 'ts' && block.language !== 'js') return []
        const next = blocks[i + 1]
        const prints = block.follower === 'text' ? next?.code : undefined
        const name = `${file.replace(/\W+/g, '-')}-${block.line}.mts`
        return [{ ...block, title: `${file}:${block.line}`, path: join(folder, name), prints }]
      })
    }),
  )
).flat()

beforeAll(async () => {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  for (const { path, code } of examples) await writeFile(path, `${code}\nexport {}\n`)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('every package shows an example', () => {
  const shown = new Set(examples.map(({ title }) => title.split(':')[0]))
  // these two are used from the command line
  const expected = packages
    .filter(({ id }) => id !== 'cli' && id !== 'export')
    .map(({ id }) => `packages/${id}/README.md`)
  expect(expected.filter(file => !shown.has(file))).toEqual([])
})

test.each(packages.map(({ id, manifest }) => [manifest.name, id] as const))(
  '%s says what it is and how to get it',
  async (name, id) => {
    const text = await readFile(join(root, 'packages', id, 'README.md'), 'utf8')
    expect(text.startsWith(`# ${name}\n\n`)).toBe(true)
    expect(text.split('\n\n')[1]).toMatch(/^[^#`|-].{60,}/s)
    expect(text).toMatch(new RegExp(`^\`\`\`sh\n(\\w+=\\w+ )?npm install ${name}( |\n)`, 'm'))
  },
)

test('every example in JavaScript is read by this Node, and none needs a newer one', async () => {
  for (const { path, code, language, title } of examples) {
    // JavaScript has it from Node 24 on, and people paste what looks like JavaScript
    expect(code, title).not.toMatch(/^\s*(await )?using /m)
    if (language !== 'js') continue
    const plain = path.replace(/\.mts$/, '.plain.mjs')
    await writeFile(plain, code)
    await run(process.execPath, ['--check', plain], { cwd: folder })
  }
})

test('what stands first installs where only the registry of npm can be reached', () => {
  const needsRuntime = /@mixflow\/(?!core|files|zoo|mpi|sdk-web)\S+/
  const wrong = shellLines.filter(
    ({ words }) =>
      words[0] === 'npm' &&
      /^(i|install)$/.test(words[1] ?? '') &&
      words.slice(2).some(word => needsRuntime.test(word)),
  )
  expect(wrong.map(({ file, words }) => `${file}: ${words.join(' ')}`)).toEqual([])
})

test('every example compiles', async () => {
  const config = { extends: join(root, 'tests', 'tsconfig.json'), include: ['*.mts'], exclude: [] }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config))
  await run(join(root, 'node_modules', '.bin', 'tsc'), ['-p', 'tsconfig.json'], { cwd: folder })
})

describe.each(examples.filter(({ words }) => words.includes('run')).map(example => [example.title, example] as const))(
  '%s',
  (_, { path, prints }) => {
    test('runs', async () => {
      const printed = await run(process.execPath, [...typescript, path], { cwd: folder })
      expect(printed).not.toBe('')
      if (prints !== undefined) expect(printed).toBe(prints)
    })
  },
)

/** Lines of the shell blocks of a guide in words, comments cut off. */
async function commandLines(file: string) {
  const blocks = (await codeBlocks(join(root, file))).filter(({ language }) => language === 'sh')
  const lines = blocks.flatMap(({ code }) => code.split('\n'))
  return lines.map(line => ({ file, words: line.replace(/#.*/, '').trim().split(/\s+/) }))
}

const shellLines = (await Promise.all(guides.map(commandLines))).flat()

describe('the commands that guides show', () => {
  test('name pnpm scripts and turbo tasks that exist', async () => {
    const { scripts } = readManifest(root)
    const { tasks } = JSON.parse((await readFile(join(root, 'turbo.json'), 'utf8')).replace(/^\s*\/\/.*$/gm, ''))
    const own = ['install', 'add', 'vitest', 'exec', 'changeset']
    const wrong = shellLines.flatMap(({ file, words }) => {
      const after = words.slice(words.findIndex(word => /^pnpm(@12)?$/.test(word)) + 1)
      const [script = '', run, task = ''] = after[0] === 'run' ? after.slice(1) : after
      if (!words.some(word => /^pnpm(@12)?$/.test(word)) || own.includes(script)) return []
      const exists = script === 'turbo' ? run === 'run' && task in tasks : script in (scripts ?? {})
      return exists ? [] : [`${file}: ${words.join(' ')}`]
    })
    expect(wrong).toEqual([])
  })

  const commands = shellLines.flatMap(({ file, words }) => {
    const [first, ...rest] = words.slice(words[0] === 'npx' ? 1 : 0)
    return first === 'mixflow' || first === '@mixflow/cli' ? [{ file, line: words.join(' '), rest }] : []
  })
  const subcommands = [...new Set(commands.flatMap(({ rest }) => rest.slice(0, 1)))].filter(word =>
    /^[a-z]+$/.test(word),
  )

  test.each(subcommands)('mixflow %s takes the options shown', async subcommand => {
    const main = join(root, 'packages', 'cli', 'src', 'main.ts')
    const help = await run(process.execPath, [...typescript, main, subcommand, '--help'], { cwd: root })
    expect(help).toContain(`mixflow ${subcommand}`)
    for (const { line, rest } of commands.filter(({ rest }) => rest[0] === subcommand)) {
      const options = rest.filter(word => word.startsWith('--')).map(word => word.split('=')[0] as string)
      expect(
        options.filter(option => !new RegExp(`(^|[\\s,])${option}\\b`).test(help)),
        line,
      ).toEqual([])
    }
  })

  test('train presets that exist, by settings that exist', () => {
    for (const { line, rest } of commands.filter(({ rest }) => rest[0] === 'train')) {
      const name = rest[1] ?? ''
      if (/^[a-z]/.test(name)) expect(Object.keys(presets), line).toContain(name)
      for (const [i, word] of rest.entries()) {
        if (word === '--set') expect(presets.quickstart.config, line).toHaveProperty(rest[i + 1]?.split('=')[0] ?? '')
      }
    }
  })
})
