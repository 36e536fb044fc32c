/** Runtimes of sdk-node: each writes image 15 of seed 42 into a file, or answers a request with it. */
import type { Runtime } from './tool.ts'

/** Given `sdk`, the module. */
const sample = `async function sample(options) {
  const model = await sdk.loadModel(process.env.MODEL, options)
  const { images } = await model.sample({ count: 16, nfe: 5, seed: 42 })
  await model.dispose()
  return images[15]
}`
const imported = `import * as sdk from '@mixflow/sdk-node'\n${sample}`
const required = `const sdk = require('@mixflow/sdk-node')\n${sample}`
const write = `writeFileSync('image.png', await (await sample()).toPng())`
const moduleScript = `import { writeFileSync } from 'node:fs'\n${imported}\n${write}\n`

const nodeModules = (node: 20 | 22 | 24): Runtime => ({
  ...{ name: 'Node', major: `${node}`, node, packages: [] },
  ...{ files: { 'sample.js': moduleScript }, script: ['node sample.js'] },
})

const nodeCommonJs = (node: 20 | 22 | 24): Runtime => ({
  ...{ name: 'Node (CommonJS)', major: `${node}`, node, packages: [] },
  files: {
    'sample.cjs': `const { writeFileSync } = require('node:fs')\n${required}\nvoid (async () => ${write})()\n`,
  },
  script: ['node sample.cjs'],
})

const testOf = (before: string) => `${before}
test('samples', async () => {
  const png = await (await sample()).toPng()
  expect(png).toBeInstanceOf(Uint8Array)
  writeFileSync('image.png', png)
})
`

const jest: Runtime = {
  ...{ name: 'Jest', major: '30', pkg: 'jest', packages: ['jest@30'] },
  files: { 'sample.test.cjs': testOf(`const { writeFileSync } = require('node:fs')\n${required}`) },
  script: ['jest'],
}

const jestModules: Runtime = {
  ...jest,
  name: 'Jest (ES modules)',
  files: { 'sample.test.mjs': testOf(`import { writeFileSync } from 'node:fs'\n${imported}`) },
  script: ['node --experimental-vm-modules node_modules/jest/bin/jest.js'],
  remark: '`--experimental-vm-modules`',
}

const vitest: Runtime = {
  ...{ name: 'Vitest', major: '4', pkg: 'vitest', packages: ['vitest@4'] },
  files: {
    'sample.test.js': testOf(
      `import { expect, test } from 'vitest'\nimport { writeFileSync } from 'node:fs'\n${imported}`,
    ),
  },
  script: ['vitest run'],
}

const bun: Runtime = {
  ...{ name: 'Bun', major: '1', pkg: 'bun', packages: ['bun@1'] },
  ...{ files: { 'sample.js': moduleScript }, script: ['bun sample.js'] },
}

const deno: Runtime = {
  ...{ name: 'Deno', major: '2', pkg: 'deno', packages: ['deno@2'] },
  files: { 'sample.js': moduleScript.replaceAll('process.env.MODEL', `Deno.env.get('MODEL')`) },
  script: ['deno run --allow-all sample.js'],
}

const express = (major: string): Runtime => ({
  ...{ name: 'Express', major, pkg: 'express', packages: [`express@${major}`] },
  files: {
    'server.js': `import express from 'express'
${imported}
const app = express()
app.get('/image', async (request, response) => {
  response.type('png').send(await (await sample()).toBuffer())
})
app.listen(process.env.PORT, '127.0.0.1')
`,
  },
  ...{ dev: 'node server.js', answers: { image: 'png' } },
})

/** A function is one file and, beside it, the packages of the native runtime, in a folder without this project. */
const lambda: Runtime = {
  ...{ name: 'AWS Lambda, one file by esbuild', major: '', pkg: 'esbuild', packages: ['esbuild@0.28'] },
  files: {
    'handler.mjs': `${imported}
export async function handler(event) {
  if (event.rawPath !== '/image') return { statusCode: 404 }
  const body = await (await sample()).toBuffer()
  return { statusCode: 200, headers: { 'content-type': 'image/png' }, isBase64Encoded: true, body: body.toString('base64') }
}
`,
    // stands for the service: it knows only the function's own folder
    'invoke.mjs': `import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
const task = mkdtempSync(join(tmpdir(), 'function-'))
try {
  cpSync('handler.cjs', join(task, 'handler.cjs'))
  for (const name of ['onnxruntime-node', 'onnxruntime-common'])
    cpSync(join('node_modules', name), join(task, 'node_modules', name), { recursive: true })
  const call = "require('./handler.cjs').handler({ rawPath: '/image' }).then(answer => process.stdout.write(JSON.stringify(answer)))"
  const env = { PATH: process.env.PATH, MODEL: process.env.MODEL }
  const answer = JSON.parse(execFileSync('node', ['-e', call], { cwd: task, env, maxBuffer: 2 ** 26 }))
  writeFileSync('image.png', Buffer.from(answer.body, 'base64'))
} finally {
  rmSync(task, { recursive: true })
}
`,
  },
  script: [
    'esbuild handler.mjs --bundle --platform=node --external:onnxruntime-node --outfile=handler.cjs --log-level=error',
    'node invoke.mjs',
  ],
  remark: 'run outside of the service, with `node_modules/onnxruntime-node` and `onnxruntime-common` beside the file',
}

const nextRoute = (use: string) => `${imported}
export const dynamic = 'force-dynamic'
export async function GET() {
  ${use}
}
`

const edgeRoute = `import { loadModel } from '@mixflow/sdk-node'
export const runtime = 'edge'
export async function GET() {
  try {
    await loadModel('https://models.example/digits/')
    return new Response('loaded')
  } catch (error) {
    return Response.json({ code: error.code, message: error.message }, { status: 500 })
  }
}
`

interface NextFlags {
  readonly dev: string
  readonly build: string
  /** Whether this version builds route handlers for the edge runtime at all. */
  readonly edge: boolean
}

const next = (major: string, by: 'webpack' | 'Turbopack', { dev, build, edge }: NextFlags): Runtime => ({
  ...{
    name: `Next route handler (${by})`,
    major,
    pkg: 'next',
    packages: [`next@${major}`, 'react@19', 'react-dom@19'],
  },
  files: {
    'app/layout.js': `export default function Layout({ children }) { return <html lang="en"><body>{children}</body></html> }`,
    'app/page.js': `export default function Page() { return <p>MixFlow</p> }`,
    'app/image/route.js': nextRoute('return await (await sample()).toResponse()'),
    'app/worker/route.js': nextRoute('return await (await sample({ workers: 1 })).toResponse()'),
    ...(edge && { 'app/edge/route.js': edgeRoute }),
  },
  dev: `next dev ${dev} --hostname 127.0.0.1 --port PORT`.replace('  ', ' '),
  build: `next build ${build}`.trim(),
  built: 'next start --hostname 127.0.0.1 --port PORT',
  answers: { image: 'png', worker: 'png', ...(edge && { edge: { code: 'RUNTIME_UNSUPPORTED' } }) },
  remark: edge
    ? "on `runtime = 'edge'`: the error `RUNTIME_UNSUPPORTED`"
    : "on `runtime = 'edge'` Next 16.4 fails on any route handler, also without this package",
})

const electron: Runtime = {
  ...{ name: 'Electron, main process', major: '', packages: [], files: {} },
  untested:
    'npm’s package `electron` downloads the program from GitHub, and this matrix installs from the npm registry alone',
}

export const runtimes: readonly Runtime[] = [
  ...([20, 22, 24] as const).map(nodeModules),
  ...([20, 22, 24] as const).map(nodeCommonJs),
  ...[jest, jestModules, vitest, bun, deno],
  ...['4', '5'].map(express),
  lambda,
  next('15', 'webpack', { dev: '', build: '', edge: true }),
  next('15', 'Turbopack', { dev: '--turbopack', build: '--turbopack', edge: true }),
  next('16', 'webpack', { dev: '--webpack', build: '--webpack', edge: false }),
  next('16', 'Turbopack', { dev: '', build: '', edge: true }),
  electron,
]
