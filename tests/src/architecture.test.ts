/** Checks all imports of the packages: dependencies between packages are one-way, each runtime has one owner, and imports are declared. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { circlesIn, type Import, importsIn, importsOf, isTest, packageOf } from './workspace/imports.ts'
import { dataPackages, modelPackages, packages, readManifest, root } from './workspace/workspace.ts'

/** Package -> packages of the workspace that its sources may import. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  core: [],
  'tfjs-onnx': [],
  'tfjs-torch': ['tfjs-onnx'],
  mpi: [],
  zoo: ['core'],
  files: ['core'],
  train: ['core', 'zoo', 'tfjs-onnx', 'tfjs-torch', 'mpi', 'files'],
  export: ['core', 'zoo', 'tfjs-onnx', 'files'],
  measure: ['core', 'tfjs-onnx', 'files'],
  'sdk-node': ['core', 'zoo', 'files'],
  'sdk-web': ['core', 'zoo'],
  serve: ['core', 'sdk-node'],
  cli: ['core', 'zoo', 'tfjs-onnx', 'files', 'train', 'export', 'measure', 'sdk-node', 'serve'],
}

/** Private packages for tests, which no published package imports. */
const harnesses: Readonly<Record<string, readonly string[]>> = {
  page: [],
  'test-model': ['core', 'tfjs-onnx'],
}

/** Private applications, which nothing imports. */
const apps: Readonly<Record<string, readonly string[]>> = {
  playground: ['core', 'sdk-web', 'zoo'],
}

/** Runtime -> packages that may import it. */
const owners: Readonly<Record<string, readonly string[]>> = {
  koffi: ['tfjs-torch', 'mpi'],
  'onnxruntime-node': ['tfjs-onnx', 'sdk-node'],
  'onnxruntime-web': ['sdk-web'],
  sharp: ['train'],
  '@tensorflow/tfjs-core': ['tfjs-onnx', 'tfjs-torch', 'zoo', 'train', 'export', 'cli', 'playground'],
}

/** Packages that run in any JavaScript environment, without modules of Node. */
const anywhere = ['core', 'zoo', 'sdk-web']

/** Packages of data, which are found by name and never imported. */
const data = [...dataPackages, ...modelPackages].map(({ manifest }) => manifest.name)

const scope = '@mixflow/'
const rootManifest = readManifest(root)
const places = (imports: readonly Import[]) => imports.map(({ file, specifier }) => `${file}: ${specifier}`)

test('the table of dependencies has every package and no cycles', () => {
  expect(Object.keys(arrows).sort()).toEqual(packages.map(({ id }) => id).sort())
  const reachable = (id: string): string[] => (arrows[id] ?? []).flatMap(next => [next, ...reachable(next)])
  for (const id of Object.keys(arrows)) expect(reachable(id)).not.toContain(id)
})

describe.each(packages.map(pkg => [pkg.manifest.name, pkg] as const))('imports of %s', (_, pkg) => {
  const { id, manifest } = pkg
  const all = importsOf(pkg)
  // NAME.built.ts replaces NAME.ts in the build and imports build output
  const built = new Set(all.map(({ file }) => file).filter(file => file.endsWith('.built.ts')))
  const isReplaced = ({ file }: Import) => built.has(file.replace(/\.ts$/, '.built.ts'))
  const imports = all.filter(({ file, specifier }) => !(built.has(file) && specifier.startsWith('../bundle/')))
  const sources = imports.filter(({ file }) => !isTest(file))

  test('are allowed by the table of dependencies', () => {
    const allowed = (arrows[id] ?? []).map(name => scope + name)
    const siblings = sources.filter(({ specifier }) => specifier.startsWith(scope))
    expect(places(siblings.filter(({ specifier }) => !allowed.includes(packageOf(specifier))))).toEqual([])
  })

  test('import runtimes only from their owners', () => {
    const foreign = sources.filter(({ specifier }) => owners[packageOf(specifier)]?.includes(id) === false)
    expect(places(foreign)).toEqual([])
  })

  test('do not leave the package by relative paths', () => {
    const depth = (file: string) => file.split('/').length - 1
    const ups = (specifier: string) => specifier.split('/').filter(part => part === '..').length
    const outside = imports.filter(({ file, specifier }) => ups(specifier) > depth(file))
    expect(places(outside)).toEqual([])
  })

  test('make no circle of files', () => {
    expect(circlesIn(sources)).toEqual([])
  })

  test('have file extensions, and node: for built-in modules', () => {
    const relative = imports.filter(({ specifier }) => packageOf(specifier) === '.')
    expect(places(relative.filter(({ specifier }) => !/\.(ts|json)$|^#/.test(specifier)))).toEqual([])
    if (anywhere.includes(id))
      expect(places(sources.filter(({ specifier }) => specifier.startsWith('node:')))).toEqual([])
  })

  test('are exactly those that the manifest declares', () => {
    const { dependencies = {}, peerDependencies = {}, devDependencies = {}, name } = manifest
    const external = ({ specifier }: Import) => !['.', 'node:', name].includes(packageOf(specifier))
    const runtime = { ...dependencies, ...peerDependencies }
    const known = { ...runtime, ...devDependencies, ...rootManifest.devDependencies }
    const published = sources.filter(one => external(one) && !isReplaced(one))
    expect(places(published.filter(({ specifier }) => !(packageOf(specifier) in runtime)))).toEqual([])
    expect(places(imports.filter(external).filter(({ specifier }) => !(packageOf(specifier) in known)))).toEqual([])
    const used = new Set(sources.map(({ specifier }) => packageOf(specifier)))
    const idle = Object.keys(dependencies).filter(dependency => !used.has(dependency) && !data.includes(dependency))
    expect(idle).toEqual([])
    expect(sources.filter(({ specifier }) => data.includes(packageOf(specifier)))).toEqual([])
  })
})

test.each(Object.entries(harnesses))(
  'the test package %s is private and imports only its dependencies',
  (id, siblings) => {
    const folder = join(root, 'tests', id)
    expect(readManifest(folder)).toMatchObject({ name: scope + id, private: true })
    const imports = importsOf({ folder }).filter(({ specifier }) => specifier.startsWith(scope))
    expect([...new Set(imports.map(({ specifier }) => packageOf(specifier)))]).toEqual(
      siblings.map(name => scope + name),
    )
  },
)

test.each(Object.entries(apps))('the application %s is private and imports only its dependencies', (id, siblings) => {
  const folder = join(root, 'apps', id)
  const manifest = readManifest(folder)
  expect(manifest.private).toBe(true)
  const sources = importsOf({ folder }).filter(({ file }) => !isTest(file))
  const used = (some: readonly Import[]) => [...new Set(some.map(({ specifier }) => packageOf(specifier)))].sort()
  expect(circlesIn(sources)).toEqual([])
  const inScope = sources.filter(({ specifier }) => specifier.startsWith(scope))
  expect(used(inScope)).toEqual(siblings.map(name => scope + name))
  expect(places(sources.filter(({ specifier }) => owners[packageOf(specifier)]?.includes(id) === false))).toEqual([])
  const external = sources.filter(({ specifier }) => !['.', 'node:'].includes(packageOf(specifier)))
  expect(used(external).filter(name => !(name in (manifest.dependencies ?? {})))).toEqual([])
})

test('files named by users are read by @mixflow/files, which refuses pipes and devices', () => {
  const read = /import \{[^}]*\b(readFile|readFileSync|createReadStream)\b[^}]*\} from 'node:fs/
  // package.json files of this and other packages, records in the user's cache, and the list of processes
  const exempt = [
    'packages/cli/src/terminal/this-program.ts',
    'packages/cli/src/commands/doctor/findings.ts',
    'packages/mpi/src/library/launcher.ts',
    'packages/mpi/src/library/try-library.ts',
    'packages/tfjs-torch/src/library/try-library.ts',
  ]
  const readers = packages
    .filter(({ id }) => id !== 'files')
    .flatMap(pkg =>
      [...new Set(importsOf(pkg).map(({ file }) => file))].map(file => join('packages', pkg.id, 'src', file)),
    )
    .filter(file => !isTest(file) && read.test(readFileSync(join(root, file), 'utf8')))
  expect(readers.filter(file => !exempt.includes(file.replaceAll('\\', '/')))).toEqual([])
})

test('imports are found', () => {
  expect(packages.flatMap(importsOf).length).toBeGreaterThan(300)
})

test('importsIn finds each form once, and none in comments', () => {
  const text = `
import './a.ts'
import type { B } from './b.ts'
import {
  c,
  type D,
} from 'c'
export * from './e.ts'
export { f } from '@s/f/part'
// import './no.ts'
/** import('./no.ts') */
const g = await import('g')
type H = typeof import('h')
`
  const seen = importsIn(text, 'x.ts').map(({ specifier, typeOnly, dynamic }) => [specifier, typeOnly, dynamic])
  expect(seen).toEqual([
    ['./a.ts', false, false],
    ['./b.ts', true, false],
    ['c', false, false],
    ['./e.ts', false, false],
    ['@s/f/part', false, false],
    ['g', false, true],
    ['h', true, true],
  ])
})
