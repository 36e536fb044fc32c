/**
 * Installs the tarballs of all packages with npm into an empty folder with an empty home, and uses them in child processes: one exports a
 * checkpoint, and the first example of sdk-node's README samples it. The images must have the same bytes as those of the sources.
 */
import { readdirSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { loadModel } from '@mixflow/sdk-node'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { sourceOf, tinyCheckpoint } from '../../packages/export/src/fixtures/tiny-checkpoint.ts'
import { resolutions, typeProblems } from './workspace/check-types.ts'
import { tarballName } from './workspace/pack.ts'
import { codeBlocks } from './workspace/readme.ts'
import { run } from './workspace/run.ts'
import { newUser, npmInstall, type User } from './workspace/user.ts'
import { packages, published, root } from './workspace/workspace.ts'

const packed = inject('packed')

/** Exports a checkpoint. */
const exportScript = `
  import { exportModel } from '@mixflow/export'
  const [checkpoint, out] = process.argv.slice(2)
  const { manifest } = await exportModel({ checkpoint, out, sampling: { solver: 'heun', nfe: 5, guidance: 0 } })
  console.log(JSON.stringify(manifest.parity))
`

/** A script that runs another one and its packages in a new context, with addons and modules of Node from outside. */
const inContext = (script: string) => `
  const { compileFunction, createContext } = require('node:vm')
  const { createRequire, isBuiltin } = require('node:module')
  const { readFileSync } = require('node:fs')
  const own = ['process', 'Buffer', 'Uint8Array', 'ArrayBuffer', 'URL', 'Response', 'Headers', 'Blob', 'performance', 'AbortController', 'AbortSignal', 'TextEncoder', 'TextDecoder', 'crypto', 'setTimeout', 'clearTimeout', 'structuredClone', 'Event', 'EventTarget']
  const context = createContext(Object.fromEntries(own.map(name => [name, globalThis[name]])))
  const modules = new Map()
  function evaluate(path, code) {
    const module = { exports: {} }
    modules.set(path, module)
    const resolve = createRequire(path).resolve
    const load = name => {
      const target = resolve(name)
      if (isBuiltin(name) || target.endsWith('.node')) return require(target)
      return (modules.get(target) ?? evaluate(target, readFileSync(target, 'utf8'))).exports
    }
    compileFunction(code, ['require', 'module', 'exports', '__filename', '__dirname'], { parsingContext: context, filename: path })(
      Object.assign(load, { resolve }), module, module.exports, path, require('node:path').dirname(path))
    return module
  }
  evaluate(__filename, ${JSON.stringify(script)})
`

describe.skipIf('error' in packed)('installed by npm', () => {
  let user: User
  let model: string
  const inUserFolder = () => ({ cwd: user.project, env: user.env })

  beforeAll(async () => {
    user = await newUser()
    const tarballs = published.map(pkg => join('folder' in packed ? packed.folder : '', tarballName(pkg)))
    await npmInstall(tarballs, inUserFolder())
    model = join(user.project, 'model')
  })
  afterAll(() => user[Symbol.asyncDispose]())

  test('every dependency and peer is installed and in range', async () => {
    const tree = JSON.parse(await run('npm', ['ls', '--all', '--json'], inUserFolder()))
    expect(tree.problems ?? []).toEqual([])
    expect(Object.keys(tree.dependencies).sort()).toEqual(published.map(({ manifest }) => manifest.name).sort())
  })

  test('every entry loads in plain Node and exports what its source exports', async () => {
    const entries = packages
      .flatMap(({ manifest }) => Object.keys(manifest.exports ?? {}).map(entry => join(manifest.name, entry)))
      // scripts for pages do not run in Node
      .filter(entry => !/\.(js|json)$/.test(entry))
    await writeFile(
      join(user.project, 'entries.mjs'),
      `const exported = {}
       for (const entry of process.argv.slice(2)) exported[entry] = Object.keys(await import(entry)).sort()
       console.log(JSON.stringify(exported))`,
    )
    const exported = JSON.parse(await run('node', ['entries.mjs', ...entries], inUserFolder()))
    expect(Object.keys(exported)).toEqual(entries)
    for (const entry of entries) expect(exported[entry], entry).toEqual(Object.keys(await import(entry)).sort())
  })

  test('exports a checkpoint', async () => {
    const checkpoint = join(user.home, 'checkpoint')
    await mkdir(checkpoint)
    const source = sourceOf({ kappa: 'label', klWeight: 0.01, conditionOnWeight: true })
    for (const [name, bytes] of tinyCheckpoint({ classes: 3, source })) await writeFile(join(checkpoint, name), bytes)
    await writeFile(join(user.project, 'export.mjs'), exportScript)
    const parity = JSON.parse(await run('node', ['export.mjs', checkpoint, model], inUserFolder()))
    expect(parity.float32.maxAbsError).toBeLessThan(1e-4)
    expect(parity.float16.maxAbsError).toBeLessThan(2e-2)
  })

  test('the example of the README samples the same images as the sources', async () => {
    const blocks = await codeBlocks(join(root, 'packages', 'sdk-node', 'README.md'))
    const example = blocks.find(({ language }) => language === 'js')
    await writeFile(join(user.project, 'sample.mjs'), example?.code ?? '')
    const printed = await run('node', ['sample.mjs', model], inUserFolder())
    expect(printed).toMatch(/^4 images in \d+ ms, 5 evaluations each\n$/)

    const sources = await loadModel(model)
    const { images } = await sources.sample({ count: 4, steps: 3, seed: 42 })
    await sources.dispose()
    expect(images).toHaveLength(4)
    for (const image of images) {
      const png = await readFile(join(user.project, `image-${image.index}.png`))
      expect(png.subarray(1, 4).toString()).toBe('PNG')
      expect(Buffer.compare(png, await image.toPng())).toBe(0)
    }
  })

  test('the first example of the repository runs with an installed model', async () => {
    const blocks = await codeBlocks(join(root, 'README.md'))
    await writeFile(join(user.project, 'first.mjs'), blocks.find(({ language }) => language === 'js')?.code ?? '')
    expect(await run('node', ['first.mjs'], inUserFolder())).toMatch(/^5 evaluations per image, /)
    expect((await readFile(join(user.project, 'three-15.png'))).subarray(1, 4).toString()).toBe('PNG')
  })

  test('a damaged model gives an error with code and hint', async () => {
    const graph = join(model, 'denoiser.onnx')
    const bytes = await readFile(graph)
    await writeFile(graph, bytes.subarray(0, -1))
    try {
      await expect(run('node', ['sample.mjs', model], inUserFolder())).rejects.toThrow(
        /code: 'MODEL_HASH_MISMATCH',\s+hint: '\w/,
      )
    } finally {
      await writeFile(graph, bytes)
    }
  })

  test('the command lists its subcommands', async () => {
    const help = await run(join('node_modules', '.bin', 'mixflow'), ['--help'], inUserFolder())
    for (const word of ['train', 'export', 'sample', 'evaluate', 'doctor', 'data']) expect(help).toContain(word)
  })

  describe('types compile with TypeScript', () => {
    // the oldest and the newest; MIXFLOW_TYPESCRIPTS is a folder with others between them
    const between = process.env.MIXFLOW_TYPESCRIPTS
    const compilers = {
      '5.4': join(root, 'tests', 'node_modules', 'typescript-5.4'),
      ...Object.fromEntries(
        (between === undefined ? [] : readdirSync(between))
          .sort()
          .map(version => [version, resolve(between ?? '', version, 'node_modules', 'typescript')]),
      ),
      newest: join(root, 'node_modules', 'typescript'),
    }
    const cases = Object.entries(compilers).flatMap(([version, folder]) =>
      Object.keys(resolutions).map(resolution => [version, resolution as keyof typeof resolutions, folder] as const),
    )
    test.each(cases)('%s with %s', async (_, resolution, folder) => {
      expect(await typeProblems(folder, resolution, user.project)).toEqual([])
    })
  })

  describe('sdk-node', () => {
    /** The last image that a script in the project prints, as base64. */
    const lastOf = (...args: string[]) => run('node', args, inUserFolder())
    const expected = async () => {
      await using own = await loadModel(model)
      return (await (await own.sample({ count: 2, steps: 2, seed: 7 })).images[1]!.toBuffer()).toString('base64')
    }
    const sampling = `const last = async (options = {}) => {
      const model = await sdk.loadModel(process.argv[2], options)
      const { images } = await model.sample({ count: 2, steps: 2, seed: 7 })
      if (!(images[1].data instanceof Float32Array)) throw new Error('foreign numbers')
      await model.dispose()
      return (await images[1].toBuffer()).toString('base64')
    }
    const print = async () => process.stdout.write(await last() === await last({ workers: 1 }) ? await last() : 'differs')`

    test('works with CommonJS require', async () => {
      await writeFile(
        join(user.project, 'required.cjs'),
        `const sdk = require('@mixflow/sdk-node')\n${sampling}\nprint()`,
      )
      expect(await lastOf('required.cjs', model)).toBe(await expected())
    })

    test('runs in a context with separate typed arrays, as in Jest', async () => {
      await writeFile(
        join(user.project, 'context.cjs'),
        inContext(`const sdk = require('@mixflow/sdk-node')\n${sampling}\nprint()`),
      )
      expect(await lastOf('context.cjs', model)).toBe(await expected())
    })

    test.each(['cjs', 'esm'])('is bundled into one file by esbuild (%s), the runtime beside it', async format => {
      await writeFile(
        join(user.project, 'handler.mjs'),
        `import * as sdk from '@mixflow/sdk-node'\n${sampling}\nprint()`,
      )
      const [esbuild, out] = [
        join(root, 'packages', 'sdk-node', 'node_modules', '.bin', 'esbuild'),
        `handler.${format === 'cjs' ? 'cjs' : 'out.mjs'}`,
      ]
      const flags = [
        '--bundle',
        '--platform=node',
        '--external:onnxruntime-node',
        `--format=${format}`,
        '--log-level=error',
      ]
      await run(esbuild, ['handler.mjs', `--outfile=${out}`, ...flags], inUserFolder())
      expect(await lastOf(out, model)).toBe(await expected())
    })
  })

  test('types compile in a strict TypeScript project', async () => {
    const project = user.project
    const tsc = join(root, 'node_modules', '.bin', 'tsc')
    const options = ['--strict', '--noEmit', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2022']
    const imports = `import { loadModel, type NodeModel } from '@mixflow/sdk-node'`
    const check = async (use: string) => {
      await writeFile(join(project, 'use.mts'), `${imports}\nconst model: NodeModel = await loadModel('m')\n${use}\n`)
      return run(tsc, [...options, 'use.mts'], inUserFolder())
    }
    await check(`const bytes: Uint8Array = await (await model.sample({ count: 2 })).images[0]!.toPng()`)
    await expect(check(`await model.sample({ cuont: 2 })`)).rejects.toThrow(`'cuont' does not exist`)
  })
})
