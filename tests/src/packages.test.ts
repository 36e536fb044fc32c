/** Checks the packed tarballs with publint, attw and our own rules. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { unpackTar } from 'modern-tar'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { importsIn } from './workspace/imports.ts'
import { tarballName } from './workspace/pack.ts'
import { run } from './workspace/run.ts'
import { dataPackages, modelPackages, type PackageManifest, packages, root } from './workspace/workspace.ts'

/** Path in the package, without `package/` -> text. */
type Contents = ReadonlyMap<string, string>

const packed = inject('packed')

async function contentsOf(tarball: Uint8Array): Promise<Contents> {
  const entries = await unpackTar(gunzipSync(tarball), { strip: 1 })
  return new Map(entries.map(({ header, data }) => [header.name, new TextDecoder().decode(data)]))
}

test('every package was built and packed', () => {
  expect('error' in packed ? packed.error : '').toBe('')
})

describe.skipIf('error' in packed).each(packages.map(pkg => [pkg.manifest.name, pkg] as const))(
  '%s as a tarball',
  (_, pkg) => {
    const path = join('folder' in packed ? packed.folder : '', tarballName(pkg))
    let tarball: Uint8Array<ArrayBuffer>
    let contents: Contents
    let manifest: PackageManifest
    beforeAll(async () => {
      tarball = new Uint8Array(await readFile(path))
      contents = await contentsOf(tarball)
      manifest = JSON.parse(contents.get('package.json') ?? '{}')
    })

    test('passes publint', async () => {
      const { messages, pkg } = await publint({ pack: { tarball: tarball.buffer }, strict: true })
      expect(messages.map(message => formatMessage(message, pkg, { color: false }))).toEqual([])
    })

    test('its types resolve for ES module importers (attw)', async () => {
      const attw = join(root, 'tests', 'node_modules', '.bin', 'attw')
      const report = await run(attw, [path, '--profile', 'esm-only', '--no-color', '--format', 'ascii'], { cwd: root })
      expect(report).toContain('(ESM)')
    })

    test('has the metadata for a release', () => {
      expect(['LICENSE', 'README.md', 'package.json'].filter(file => !contents.has(file))).toEqual([])
      expect(contents.get('README.md')).toContain(`# ${manifest.name}\n`)
      expect(manifest.description).toMatch(/^[A-Z].{20,}\.$/)
      expect(manifest).toMatchObject({
        license: 'MIT',
        type: 'module',
        sideEffects: false,
        repository: { type: 'git', url: 'git+https://github.com/mixflow/mixflow.git', directory: `packages/${pkg.id}` },
        engines: { node: '>=20.12' },
        publishConfig: { access: 'public', provenance: true },
      })
    })

    test('has the files that users need, and no tests', () => {
      const files = [...contents.keys()]
      expect(files.filter(file => /\.test\.|\.tmp\.|(^|\/)(fixtures|__\w+__|node_modules)\//.test(file))).toEqual([])
      const compiled = files.filter(file => /^dist\/(?!bundle\/).*\.js$/.test(file))
      expect(compiled.length).toBeGreaterThan(0)
      const sources = compiled.map(file => file.replace(/^dist\/(.*)\.js$/, 'src/$1.ts'))
      expect(files).toEqual(expect.arrayContaining(sources))
      expect(files).toEqual(expect.arrayContaining(compiled.map(file => file.replace(/\.js$/, '.d.ts'))))
      expect(contents.get('LICENSE')).toMatch(/^MIT License/)
    })

    test('has every file that its manifest names', () => {
      const pathsIn = (entry: object | string): string[] =>
        typeof entry === 'string' ? [entry] : Object.values(entry).flatMap(pathsIn)
      const named = pathsIn(manifest.exports ?? {})
      const paths = [...named, ...Object.values(manifest.bin ?? {})].map(name => name.replace(/^\.\//, ''))
      expect(paths.filter(name => !contents.has(name))).toEqual([])
    })

    test('has dependency ranges that npm supports', () => {
      const { dependencies, peerDependencies, devDependencies } = manifest
      const ranges = Object.entries({ ...devDependencies, ...peerDependencies, ...dependencies })
      expect(ranges.filter(([, range]) => !/^(\^|>=)?\d/.test(range))).toEqual([])
    })

    test('pins the tested version of ONNX Runtime', () => {
      const runtimes = Object.entries({ ...manifest.dependencies, ...manifest.peerDependencies })
      expect(runtimes.filter(([name, range]) => /^onnxruntime/.test(name) && !/^\d+\.\d+\.\d+$/.test(range))).toEqual(
        [],
      )
    })

    test('has commands that start with node', () => {
      for (const file of Object.values(manifest.bin ?? {}))
        expect(contents.get(file.replace(/^\.\//, ''))).toMatch(/^#!\/usr\/bin\/env node\n/)
    })
  },
)

test.skipIf('error' in packed)(
  'the worker of sdk-web and its file for pages import nothing but files beside them',
  async () => {
    const pkg = packages.find(({ id }) => id === 'sdk-web')!
    const contents = await contentsOf(await readFile(join('folder' in packed ? packed.folder : '', tarballName(pkg))))
    const importsOf = (name: string) =>
      importsIn(contents.get(`dist/bundle/${name}`)!.replaceAll('"', "'"), name).map(({ specifier }) => specifier)
    expect(importsOf('worker.js')).toEqual([])
    const beside = [...contents.keys()]
      .filter(file => /^dist\/bundle\/.*\.js$/.test(file))
      .map(file => file.replace('dist/bundle', '.'))
    expect(importsOf('mixflow.js').filter(specifier => !beside.includes(specifier))).toEqual([])
    expect(importsOf('mixflow.js')).toContain('./ort-wasm.js')
  },
)

describe.skipIf('error' in packed).each(dataPackages.map(pkg => [pkg.manifest.name, pkg] as const))(
  '%s as a tarball of data',
  (_, pkg) => {
    const path = join('folder' in packed ? packed.folder : '', tarballName(pkg))
    let tarball: Uint8Array<ArrayBuffer>
    let contents: Contents
    let manifest: PackageManifest
    beforeAll(async () => {
      tarball = new Uint8Array(await readFile(path))
      contents = await contentsOf(tarball)
      manifest = JSON.parse(contents.get('package.json') ?? '{}')
    })

    test('passes publint', async () => {
      const { messages, pkg } = await publint({ pack: { tarball: tarball.buffer }, strict: true })
      expect(messages.map(message => formatMessage(message, pkg, { color: false }))).toEqual([])
    })

    test('has only the files that its manifest exports, a licence and a README', () => {
      const exported = Object.values(manifest.exports ?? {}).map(file => String(file).replace(/^\.\//, ''))
      expect([...contents.keys()].sort()).toEqual([...exported, 'LICENSE', 'README.md'].sort())
      expect(contents.get('README.md')).toContain(`# ${manifest.name}\n`)
      expect(contents.get('LICENSE')).toMatch(/^Copyright \(c\)/m)
      expect(manifest.license).toMatch(/^[A-Za-z0-9.-]+$/)
      expect(manifest).not.toHaveProperty('dependencies')
      expect(manifest).toMatchObject({
        repository: { type: 'git', url: 'git+https://github.com/mixflow/mixflow.git', directory: `models/${pkg.id}` },
        publishConfig: { access: 'public', provenance: true },
      })
    })
  },
)

describe.skipIf('error' in packed).each(modelPackages.map(pkg => [pkg.manifest.name, pkg] as const))(
  '%s as a tarball of a model',
  (_, pkg) => {
    const path = join('folder' in packed ? packed.folder : '', tarballName(pkg))
    let tarball: Uint8Array<ArrayBuffer>
    let contents: Contents
    beforeAll(async () => {
      tarball = new Uint8Array(await readFile(path))
      contents = await contentsOf(tarball)
    })

    test('passes publint', async () => {
      const { messages, pkg } = await publint({ pack: { tarball: tarball.buffer }, strict: true })
      expect(messages.map(message => formatMessage(message, pkg, { color: false }))).toEqual([])
    })

    test('has the complete model with its training and measures, in at most 10 MB', () => {
      const { files } = JSON.parse(contents.get('mixflow.json') ?? '{}') as { files: readonly { path: string }[] }
      const expected = [
        'index.js',
        'index.jsx',
        'index.d.ts',
        'quality.json',
        'training.json',
        'README.md',
        'package.json',
      ]
      expect([...contents.keys()]).toEqual(expect.arrayContaining([...expected, ...files.map(file => file.path)]))
      expect(tarball.length).toBeLessThan(10e6)
    })

    test('has a module with its manifest', () => {
      const { files } = JSON.parse(contents.get('mixflow.json') ?? '{}') as { files: readonly { sha256: string }[] }
      const hashes = (contents.get('index.js') ?? '').match(/[0-9a-f]{64}/g)
      expect(hashes, 'npx -y pnpm@12 run prepare').toEqual(files.map(({ sha256 }) => sha256))
    })

    test('has a repository, and is published with provenance', () => {
      expect(JSON.parse(contents.get('package.json') ?? '{}')).toMatchObject({
        repository: { type: 'git', url: 'git+https://github.com/mixflow/mixflow.git', directory: `models/${pkg.id}` },
        publishConfig: { access: 'public', provenance: true },
      })
    })
  },
)
