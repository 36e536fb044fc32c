/** What all trials share: tarballs of the packages as they stand here, a model on an origin of its own, the images of Node, a browser. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { smallModel } from '@mixflow/test-model'
import { chromium } from 'playwright-core'
import { tarballName } from '../../src/workspace/pack.ts'
import { pnpm } from '../../src/workspace/run.ts'
import { newUser, npmInstall } from '../../src/workspace/user.ts'
import { packages, root } from '../../src/workspace/workspace.ts'
import { picturesOf } from '../expected.ts'
import { serveFolder } from './serve-folder.ts'
import type { Tool } from './tool.ts'
import { type Row, tryTool } from './try-tool.ts'

export interface Trials extends AsyncDisposable {
  /** Tries a tool in an empty folder; what fails is said in the row. */
  try(tool: Tool): Promise<Row>
}

export async function prepareTrials(executablePath: string): Promise<Trials> {
  const folder = await mkdtemp(join(tmpdir(), 'mixflow-matrix-'))
  const user = await newUser()
  const ours = await packSdk(folder)
  const model = join(folder, 'model')
  await mkdir(model)
  for (const [path, bytes] of await smallModel({ classes: 3 })) await writeFile(join(model, path), bytes)
  const { rgba: expected } = await picturesOf(model)
  const models = await serveFolder(folder)
  const args = ['--no-sandbox', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1']
  const browser = await chromium.launch({ executablePath, args })

  let count = 0
  return {
    async try(tool) {
      const cwd = join(user.project, `app-${count++}`)
      await mkdir(cwd)
      try {
        const env = await withNode(tool.node, user)
        return await tryTool(tool, { cwd, env, ours, browser, model: `${models.url}model/`, expected })
      } catch (error) {
        const dev = { result: 'failed', note: (error as Error).message } as const
        return { tool, version: 'not installed', node: '', dev }
      } finally {
        await rm(cwd, { recursive: true, force: true })
      }
    },
    async [Symbol.asyncDispose]() {
      await browser.close()
      await models[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
      await user[Symbol.asyncDispose]()
    },
  }
}

/** The tarballs that an app with sdk-web consists of. */
async function packSdk(folder: string): Promise<string[]> {
  const sdk = packages.filter(({ id }) => ['core', 'zoo', 'sdk-web'].includes(id))
  const filters = sdk.map(({ id }) => `--filter=./packages/${id}`)
  await pnpm(['turbo', 'run', 'build', ...filters, '--output-logs=errors-only'], { cwd: root })
  await pnpm(['--recursive', ...filters, 'pack', '--pack-destination', folder], { cwd: root })
  return sdk.map(pkg => join(folder, tarballName(pkg)))
}

/** The user's variables, with another Node first in the path, installed from npm. */
async function withNode(
  major: number | undefined,
  user: { readonly home: string; readonly env: NodeJS.ProcessEnv },
): Promise<NodeJS.ProcessEnv> {
  if (major === undefined || Number(process.versions.node.split('.')[0]) >= major) return user.env
  const name = `node-${process.platform}-${process.arch}`
  const cwd = join(user.home, `node-${major}`)
  await mkdir(cwd, { recursive: true })
  await npmInstall([`${name}@${major}`], { cwd, env: user.env })
  return { ...user.env, PATH: `${join(cwd, 'node_modules', name, 'bin')}:${user.env.PATH}` }
}
