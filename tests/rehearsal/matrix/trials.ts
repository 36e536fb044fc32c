/** What all trials share: tarballs of the packages as they stand here, a model on an origin of its own, the images of the sources, a browser. */
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
import type { Row, Trial } from './project.ts'
import { serveFolder } from './serve-folder.ts'
import type { Project, Runtime, Tool } from './tool.ts'
import { tryRuntime } from './try-runtime.ts'
import { tryTool } from './try-tool.ts'

/** The packages that an app with the SDK consists of. */
const web = ['core', 'zoo', 'sdk-web']
const node = ['core', 'zoo', 'files', 'sdk-node']

/** Each tries one project in an empty folder. What fails is said in the row. */
export interface Trials extends AsyncDisposable {
  tryTool(tool: Tool): Promise<Row>
  tryRuntime(runtime: Runtime): Promise<Row>
}

export async function prepareTrials(executablePath: string): Promise<Trials> {
  const folder = await mkdtemp(join(tmpdir(), 'mixflow-matrix-'))
  const user = await newUser()
  const tarballs = await pack([...new Set([...web, ...node])], folder)
  const model = join(folder, 'model')
  await mkdir(model)
  for (const [path, bytes] of await smallModel({ classes: 3 })) await writeFile(join(model, path), bytes)
  const { rgba, last } = await picturesOf(model)
  const models = await serveFolder(folder)
  const args = ['--no-sandbox', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1']
  const browser = await chromium.launch({ executablePath, args })
  const shared = { browser, model: { folder: model, url: `${models.url}model/` }, expected: { rgba, png: last } }

  let count = 0
  async function inEmptyFolder(project: Project, ids: readonly string[], work: (trial: Trial) => Promise<Row>) {
    const cwd = join(user.project, `app-${count++}`)
    await mkdir(cwd)
    try {
      const env = await withNode(project.node, user)
      return await work({ ...shared, cwd, env, ours: ids.map(id => tarballs.get(id)!) })
    } catch (error) {
      const dev = { result: 'fails', note: (error as Error).message } as const
      return { project, version: 'not installed', node: '', dev }
    } finally {
      await rm(cwd, { recursive: true, force: true })
    }
  }
  return {
    tryTool: tool => inEmptyFolder(tool, web, trial => tryTool(tool, trial)),
    async tryRuntime(runtime) {
      const { untested } = runtime
      if (untested !== undefined)
        return { project: { ...runtime, remark: `not tested: ${untested}` }, version: '', node: '' }
      return await inEmptyFolder(runtime, node, trial => tryRuntime(runtime, trial))
    },
    async [Symbol.asyncDispose]() {
      await browser.close()
      await models[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
      await user[Symbol.asyncDispose]()
    },
  }
}

/** Tarballs by the id of their package. */
async function pack(ids: readonly string[], folder: string): Promise<ReadonlyMap<string, string>> {
  const filters = ids.map(id => `--filter=./packages/${id}`)
  await pnpm(['turbo', 'run', 'build', ...filters, '--output-logs=errors-only'], { cwd: root })
  await pnpm(['--recursive', ...filters, 'pack', '--pack-destination', folder], { cwd: root })
  return new Map(packages.filter(({ id }) => ids.includes(id)).map(pkg => [pkg.id, join(folder, tarballName(pkg))]))
}

/** The user's variables, with another Node first in the path, installed from npm. */
async function withNode(
  major: number | undefined,
  user: { readonly home: string; readonly env: NodeJS.ProcessEnv },
): Promise<NodeJS.ProcessEnv> {
  if (major === undefined || process.versions.node.startsWith(`${major}.`)) return user.env
  const name = `node-${process.platform}-${process.arch}`
  const cwd = join(user.home, `node-${major}`)
  await mkdir(cwd, { recursive: true })
  await npmInstall([`${name}@${major}`], { cwd, env: user.env })
  return { ...user.env, PATH: `${join(cwd, 'node_modules', name, 'bin')}:${user.env.PATH}` }
}
