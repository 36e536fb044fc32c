/**
 * Builds `dist/bundle`, after the compiler: ONNX Runtime's script as a function and its WebAssembly in pieces, the worker as one file and
 * as a string, and the file for pages without a bundler. All are modules with relative imports, so bundlers need no configuration.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const [dist, bundle] = [join(root, 'dist'), join(root, 'dist', 'bundle')]
const onnxRuntime = dirname(createRequire(import.meta.url).resolve('onnxruntime-web/wasm'))
const { version } = JSON.parse(await readFile(join(onnxRuntime, '..', 'package.json'), 'utf8'))
const notice = `/*! ONNX Runtime Web ${version}, Copyright (c) Microsoft Corporation, MIT License: see NOTICE */\n`

const builds = {
  wasm: { script: 'ort.wasm.bundle.min.mjs', binary: 'ort-wasm-simd-threaded.wasm' },
  webgpu: { script: 'ort.webgpu.bundle.min.mjs', binary: 'ort-wasm-simd-threaded.asyncify.wasm' },
}
/** Size of a compressed piece. Its base64 stays below 500 kB, at which bundlers warn of a large file. */
const pieceBytes = 366_000

await mkdir(bundle)
await writeFile(join(bundle, 'mixflow.d.ts'), "export * from '../index.js'\n")
await writeFile(join(bundle, 'worker.d.ts'), 'export {}\n')
for (const [device, files] of Object.entries(builds)) {
  await writeFile(join(bundle, `ort-${device}.js`), await scriptOf(files.script))
  await writePieces(device, files.binary)
}
await replaceSources()
for (const file of ['named-model.js', 'import-with-retry.js']) await plainImports(join(dist, file))
const worker = await bundled('worker/start.js', { format: 'iife', external: [] })
await writeFile(join(bundle, 'worker.js'), worker)
await writeFile(join(bundle, 'worker-source.js'), `export default ${JSON.stringify(worker)}\n`)
const page = await bundled('index.js', { format: 'esm', external: ['../bundle/*'] })
await writeFile(join(bundle, 'mixflow.js'), page.replaceAll('../bundle/', './'))

/** Returns a module with one function, `create(threadScript)`, which returns a new instance of ONNX Runtime. */
async function scriptOf(name) {
  const { outputFiles } = await build({
    entryPoints: [join(onnxRuntime, name)],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    globalName: 'ort',
    platform: 'browser',
    charset: 'utf8',
    legalComments: 'none',
    define: { 'import.meta.url': 'threadScript' },
  })
  // ONNX Runtime would import a module that is part of this script
  const script = outputFiles[0].text.replace(
    /\bimport\((?:\/\*[^*]*\*\/\s*)*\w+\)/g,
    'Promise.reject(new Error("ONNX Runtime is one file"))',
  )
  return `${notice}export function create(threadScript) {\n${script}return ort\n}\n`
}

async function writePieces(device, name) {
  const packed = gzipSync(await readFile(join(onnxRuntime, name)), { level: 9 })
  const imports = []
  for (let start = 0; start < packed.length; start += pieceBytes) {
    const file = `${device}-${imports.length}.js`
    const base64 = packed.subarray(start, start + pieceBytes).toString('base64')
    await writeFile(join(bundle, file), `${notice}export default '${base64}'\n`)
    imports.push(`() => import('../bundle/${file}')`)
  }
  const binary = `{ bytes: ${packed.length}, pieces: [\n  ${imports.join(',\n  ')},\n] }`
  await writeFile(join(dist, 'packed', `binary-${device}.js`), `export const ${device}Binary = ${binary}\n`)
}

/** NAME.built.js replaces NAME.js. */
async function replaceSources() {
  for (const file of await readdir(join(dist, 'packed'))) {
    const path = join(dist, 'packed', file)
    if (/\.built\.js$/.test(file)) await rename(path, path.replace('.built.js', '.js'))
    else if (/\.built\./.test(file)) await rm(path)
  }
}

/** The compiler wraps the URL of an import() in a helper, and with it the comments that tell bundlers to ignore the import. */
async function plainImports(path) {
  const compiled = await readFile(path, 'utf8')
  const plain = compiled
    .replace(/^var __rewriteRelativeImportExtension = [\s\S]*?^};\n/m, '')
    .replace(/\bimport\(__rewriteRelativeImportExtension\(([^()]*)\)\)/g, 'import($1)')
  if (plain.includes('__rewrite')) throw new Error(`${path}: the compiler wraps an import() in an unexpected way`)
  await writeFile(path, plain)
}

async function bundled(entry, { format, external }) {
  const { outputFiles } = await build({
    entryPoints: [join(dist, entry)],
    bundle: true,
    write: false,
    minify: true,
    format,
    platform: 'browser',
    charset: 'utf8',
    legalComments: 'inline',
    external,
  })
  return outputFiles[0].text
}
