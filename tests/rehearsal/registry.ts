/**
 * A registry of this machine's own (verdaccio), empty, for `@mixflow/…` alone: whoever publishes or installs names it for
 * this scope, and has all else from where he always has it.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer } from './server.ts'

export interface Registry extends AsyncDisposable {
  readonly url: string
  /** Settings of npm that lead the scope here. Anybody may publish, but npm wants to see a token. */
  readonly npmrc: string
}

const settings = `
storage: ./storage
auth: { htpasswd: { file: ./htpasswd } }
packages: { '@mixflow/*': { access: $anonymous, publish: $anonymous } }
web: { enable: false }
max_body_size: 100mb # sdk-web holds ONNX Runtime
log: { type: stdout, format: pretty, level: warn }
`

export async function startRegistry(): Promise<Registry> {
  const folder = await mkdtemp(join(tmpdir(), 'mixflow-registry-'))
  await writeFile(join(folder, 'config.yaml'), settings)
  const verdaccio = createRequire(import.meta.url).resolve('verdaccio/bin/verdaccio')
  const server = await startServer({
    command: process.execPath,
    args: port => [verdaccio, '--config', join(folder, 'config.yaml'), '--listen', `127.0.0.1:${port}`],
    cwd: folder,
    env: process.env,
  })
  const host = `127.0.0.1:${server.port}/`
  return {
    url: `http://${host}`,
    npmrc: `@mixflow:registry=http://${host}\n//${host}:_authToken=anybody\n`,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
