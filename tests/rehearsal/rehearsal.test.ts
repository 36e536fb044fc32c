/**
 * A release, rehearsed from end to end: a copy of the repository is versioned, built and published to a registry on this machine;
 * users install from it, in empty folders, by plain npm; the next release reaches them by `npm update`; every example is installed
 * and built from it, and so are pages by a second major version of Vite, webpack's kind and Next, which are opened in Chromium. Their
 * images must be those of the sources.
 */
import { appendFile, cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findChromium } from '@mixflow/page'
import { loadModel } from '@mixflow/sdk-node'
import { smallModel } from '@mixflow/test-model'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run } from '../src/workspace/run.ts'
import { newUser, npmInstall, type User } from '../src/workspace/user.ts'
import { modelPackages, published, readManifest, repositoryFiles } from '../src/workspace/workspace.ts'
import { copyExample, policyOf, webExamples } from './examples.ts'
import { picturesOf } from './expected.ts'
import { type FolderServer, serveFolder } from './matrix/serve-folder.ts'
import { nameOf } from './matrix/table.ts'
import { tables } from './matrix/tools.ts'
import { tryTool } from './matrix/try-tool.ts'
import { policyProxy } from './policy-proxy.ts'
import { type Registry, startRegistry } from './registry.ts'
import { copyForRelease, type ReleaseCopy } from './release.ts'
import { startServer } from './server.ts'
import { pretendGpu, visit } from './visit.ts'

/** Runtimes beside Node, as npm has them. */
const runtimes = ['deno@2.9.6', 'bun@1.4.5']

/** Rows of the matrix. Of Next only the development server, because a build takes four times as long. */
const otherTools = ['Vite 6', 'Rspack 2', 'Next (webpack) 15'].map(name => {
  const tool = tables.matrix.find(tool => nameOf(tool) === name)!
  const { build, built, ...served } = tool
  return [name, tool.pkg === 'next' ? served : tool] as const
})

const browserArgs = [
  ...['--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan'],
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
]

const says = (device: string) => new RegExp(`^16 images, 5 evaluations per image, \\d+ ms on ${device}$`, 'm')
const names = published.map(({ manifest }) => manifest.name)

describe.skipIf(process.platform === 'win32' || repositoryFiles() === null)('a release', () => {
  const held: AsyncDisposable[] = []
  const hold = <T extends AsyncDisposable>(resource: T): T => {
    held.unshift(resource)
    return resource
  }
  const executable = findChromium()
  let registry: Registry
  let copy: ReleaseCopy
  let user: User
  let browser: Browser
  let models: FolderServer
  let model: string
  let expected: Awaited<ReturnType<typeof picturesOf>>
  let first: { readonly version: string; readonly changelog: string }

  beforeAll(async () => {
    registry = hold(await startRegistry())
    copy = hold(await copyForRelease())
    user = hold(await newUser(registry.npmrc))
    if (executable !== null) browser = hold(await chromium.launch({ executablePath: executable, args: browserArgs }))
    model = join(user.home, 'model')
    await mkdir(model)
    for (const [path, bytes] of await smallModel({ classes: 3 })) await writeFile(join(model, path), bytes)
    models = hold(await serveFolder(user.home))
    expected = await picturesOf(model)
    await copy.announce('rehearsal.md', `---\n'@mixflow/core': patch\n---\n\nThe first of two.\n`)
    first = await copy.release('core', registry.npmrc)
  })
  afterAll(async () => {
    for (const resource of held) await resource[Symbol.asyncDispose]()
  })

  const inFolder = async (name: string) => {
    const cwd = join(user.project, name)
    await mkdir(cwd, { recursive: true })
    return { cwd, env: user.env }
  }

  /** Looks at the last picture of a script. */
  const wroteAll = async (folder: string) =>
    expect(Buffer.compare(await readFile(join(folder, 'images', '15.png')), expected.last)).toBe(0)

  test('has every package, in one version, with the words of its changesets', async () => {
    expect(first.changelog).toContain('The first of two.')
    for (const name of names) {
      const { version, dist } = await (await fetch(`${registry.url}${name}/latest`)).json()
      expect([name, version]).toEqual([name, first.version])
      expect(dist.tarball).toContain(registry.url)
    }
  })

  // From here on several at a time: while one waits for its server or its browser, another is built. The longest start first.
  test.concurrent('is installed by npm, samples, and is updated by the next one', async () => {
    const options = await inFolder('user')
    await npmInstall(['@mixflow/sdk-node'], options)
    await copyExample('node', join(user.project, 'script'))
    await cp(join(user.project, 'script', 'sample.js'), join(options.cwd, 'sample.mjs'))
    const sample = async () => {
      expect(await run('node', ['sample.mjs', model], options)).toMatch(says('cpu'))
      await wroteAll(options.cwd)
    }
    await sample()

    // in a registry of its own, so that meanwhile the others install the first one
    await using nextRegistry = await startRegistry()
    await copy.announce('next.md', `---\n'@mixflow/core': patch\n---\n\nThe second of two.\n`)
    const second = await copy.release('core', nextRegistry.npmrc)
    expect(second.version).not.toBe(first.version)
    expect(second.changelog).toContain('The second of two.')
    await writeFile(join(options.cwd, '.npmrc'), nextRegistry.npmrc)
    await run('npm', ['update', '--no-audit', '--no-fund'], options)
    for (const name of ['core', 'sdk-node'])
      expect(readManifest(join(options.cwd, 'node_modules', '@mixflow', name)).version).toBe(second.version)
    await sample()
  })

  describe.concurrent('the example for', () => {
    /** Copies and installs it. */
    const install = async (name: string, modelAt: string) => {
      const options = await inFolder(name)
      await copyExample(name, options.cwd)
      await cp(model, join(options.cwd, modelAt), { recursive: true })
      return options
    }

    test.skipIf(executable === null).each(webExamples)('$name', async example => {
      const options = await install(example.name, example.model)
      await npmInstall([], options)
      if (example.rendered) await plantTripwire(options)
      const built = example.build ? await run('npm', ['run', 'build'], options) : ''
      await using server = await startServer({ command: 'npm', args: example.start, ...options })

      for (const gpu of [false, true]) {
        const workerPrelude = gpu ? pretendGpu : ''
        await using proxy = await policyProxy(server.port, { policy: policyOf(example), workerPrelude })
        const seen = await visit(browser, proxy.url, { gpu })
        expect(seen.problems).toEqual([])
        expect(seen.status).toMatch(says(gpu ? 'webgpu' : 'wasm'))
        expect([seen.canvas.width, seen.canvas.height]).toEqual([expected.width, expected.height])
        const difference = seen.canvas.rgba.map((value, i) => Math.abs(value - expected.rgba[i]!))
        expect(Math.max(...difference)).toBeLessThanOrEqual(gpu ? 2 : 1)
      }
      const address = `http://127.0.0.1:${server.port}/`
      if (example.rendered) {
        const html = await (await fetch(address)).text()
        expect(html).toMatch(/<h1>MixFlow with .*<output>Loading …<\/output>/s)
        expect(built + server.printed()).not.toContain(tripped)
      }
      if (example.route !== undefined) {
        const response = await fetch(`${address}${example.route}`)
        expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/png'])
        expect(Buffer.compare(Buffer.from(await response.arrayBuffer()), expected.first)).toBe(0)
      }
    })

    test('Deno and Bun', async () => {
      const tools = await inFolder('tools')
      await npmInstall(runtimes, tools)
      const PATH = `${join(tools.cwd, 'node_modules', '.bin')}:${user.env.PATH}`
      const withTools = ({ cwd, env }: typeof tools) => ({ cwd, env: { ...env, PATH } })

      const inDeno = withTools(await install('deno', 'model'))
      // Deno takes nothing that was published today
      const config = JSON.parse(await readFile(join(inDeno.cwd, 'deno.json'), 'utf8'))
      await writeFile(join(inDeno.cwd, 'deno.json'), JSON.stringify({ ...config, minimumDependencyAge: '0' }))
      expect(await run('deno', ['task', '--quiet', 'start'], inDeno)).toMatch(says('cpu'))
      await wroteAll(inDeno.cwd)

      const inBun = withTools(await install('bun', 'model'))
      await run('bun', ['install'], inBun)
      expect(await run('bun', ['start'], inBun)).toMatch(says('cpu'))
      await wroteAll(inBun.cwd)
    })

    test('Node', async () => {
      const options = await install('node', 'model')
      await npmInstall([], options)
      expect(await run('npm', ['start', '--silent'], options)).toMatch(says('cpu'))
      await wroteAll(options.cwd)
    })
  })

  // of the examples' tools, another major version or another implementation; all others are in the matrix
  describe.concurrent('a page built by', () => {
    test.skipIf(executable === null).each(otherTools)('%s', async (name, tool) => {
      const { cwd, env } = await inFolder(name.replaceAll(/\W+/g, '-'))
      const row = await tryTool(tool, {
        ...{ cwd, env, browser, ours: ['@mixflow/sdk-web'] },
        model: { folder: model, url: `${models.url}model/` },
        expected: { rgba: expected.rgba, png: expected.last },
      })
      const works = { result: 'works', note: expect.any(String) }
      expect([row.dev, row.built ?? works]).toEqual([works, works])
    })
  })

  test.concurrent('has the models, which load by their names', async () => {
    const options = await inFolder('models')
    await npmInstall(['@mixflow/sdk-node', ...modelPackages.map(({ manifest }) => manifest.name)], options)
    await writeFile(join(options.cwd, 'by-name.mjs'), byName)
    for (const { id, folder } of modelPackages) {
      await using own = await loadModel(folder)
      const { images } = await own.sample(twoPictures)
      const png = Buffer.from(await images[1]!.toPng()).toString('base64')
      expect([id, await run('node', ['by-name.mjs', id], options)]).toEqual([id, png])
    }
  })

  test.concurrent('brings sdk-web with the ONNX Runtime it was tested with, as part of it', async () => {
    const options = await inFolder('page')
    await npmInstall(['@mixflow/sdk-web'], options)
    const folder = join(options.cwd, 'node_modules', '@mixflow', 'sdk-web')
    expect(await readFile(join(folder, 'dist', 'bundle', 'ort-wasm.js'), 'utf8')).toMatch(/^\/\*! ONNX Runtime Web \d/)
    expect(JSON.parse(await run('npm', ['ls', '--all', '--json'], options)).problems ?? []).toEqual([])
  })
})

const twoPictures = { count: 2, nfe: 3, seed: 1 }
const byName = `import { loadModel } from '@mixflow/sdk-node'
const model = await loadModel(process.argv[2])
const { images } = await model.sample(${JSON.stringify(twoPictures)})
process.stdout.write(Buffer.from(await images[1].toPng()).toString('base64'))
await model.dispose()
`

const tripped = 'the SDK was evaluated on a server'

/** Makes the installed SDK say so when it is evaluated outside of a page, and sees that it does. */
async function plantTripwire({ cwd, env }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }) {
  const entry = join(cwd, 'node_modules', '@mixflow', 'sdk-web', 'dist', 'index.js')
  await appendFile(entry, `\nif (typeof window === 'undefined') console.log('${tripped}')\n`)
  expect(await run('node', ['--input-type=module', '-e', `import '@mixflow/sdk-web'`], { cwd, env })).toContain(tripped)
}
