/** One row of the matrix: a project is written and installed, served by its tool, built, served again, and opened in Chromium. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Browser } from 'playwright-core'
import { run } from '../../src/workspace/run.ts'
import { npmInstall } from '../../src/workspace/user.ts'
import { startServer } from '../server.ts'
import { visit } from '../visit.ts'
import { serveFolder } from './serve-folder.ts'
import type { Tool } from './tool.ts'

/** `worker`: the images of Node, made in a worker. `page`: the same, made in the page. Otherwise what went wrong. */
export interface Outcome {
  readonly result: 'worker' | 'page' | 'failed'
  readonly note: string
}

export interface Row {
  readonly tool: Tool
  readonly version: string
  readonly node: string
  readonly dev?: Outcome
  readonly built?: Outcome
}

export interface Trial {
  /** An empty folder. */
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** What npm installs as @mixflow packages: tarballs, or names. */
  readonly ours: readonly string[]
  readonly browser: Browser
  /** The address of the model, on an origin of its own. */
  readonly model: string
  /** RGBA values that the canvas should have. */
  readonly expected: readonly number[]
}

export async function tryTool(tool: Tool, trial: Trial): Promise<Row> {
  const { cwd, env, ours } = trial
  const manifest = { name: 'app', private: true, type: 'module', version: '0.0.0', dependencies: {} }
  const files = { 'package.json': JSON.stringify(manifest), ...tool.files }
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(cwd, path)), { recursive: true })
    await writeFile(join(cwd, path), text)
  }
  await npmInstall([...ours, ...tool.packages], { cwd, env })
  const { version } = JSON.parse(await readFile(join(cwd, 'node_modules', tool.pkg, 'package.json'), 'utf8'))
  const row = { tool, version, node: (await run('node', ['--version'], { cwd, env })).trim() }
  const bin = join(cwd, 'node_modules', '.bin')
  const at = { cwd, env: { ...env, PATH: `${bin}:${env.PATH}`, ...tool.env } }

  const served = async (command: string): Promise<Outcome> => {
    const [program = '', ...args] = command.split(' ')
    await using server = await startServer({
      command: program,
      args: port => args.map(arg => arg.replace('PORT', port)),
      ...at,
    })
    return await look(`http://127.0.0.1:${server.port}/`, trial)
  }
  const dev = async () => served(tool.dev ?? '')
  const built = async () => {
    const { build, built } = tool
    const [program = '', ...args] = build?.split(' ') ?? []
    if (build !== undefined) await run(program, args, at)
    if (built === undefined || 'command' in built) return served(built?.command ?? '')
    await using server = await serveFolder(join(cwd, built.folder))
    await using cdn = await serveFolder(join(cwd, 'node_modules'))
    return await look(server.url, trial, cdn.url)
  }
  return {
    ...row,
    ...(tool.dev !== undefined && { dev: await caught(dev) }),
    ...(tool.built !== undefined && { built: await caught(built) }),
  }
}

const caught = async (work: () => Promise<Outcome>): Promise<Outcome> => {
  try {
    return await work()
  } catch (error) {
    return { result: 'failed', note: (error as Error).message }
  }
}

/** Opens the page; a development server may reload it once, when it has found what it depends on. */
async function look(address: string, { browser, model, expected }: Trial, cdn = ''): Promise<Outcome> {
  const url = `${address}?${new URLSearchParams({ model, cdn })}`
  const allow = [model, cdn].filter(other => other !== '').map(other => new URL(other).origin)
  const once = async (): Promise<Outcome> => {
    const seen = await visit(browser, url, { gpu: false, allow, timeout: 90_000 })
    const note = [seen.status, ...seen.problems].join('\n')
    if (!seen.status.startsWith('16 images on wasm')) return { result: 'failed', note }
    const difference = seen.canvas.rgba.map((value, i) => Math.abs(value - expected[i]!))
    if (difference.length !== expected.length || Math.max(...difference) > 1)
      return { result: 'failed', note: `other images than in Node\n${note}` }
    const said = seen.problems.join('\n')
    return seen.workers > 0 ? { result: 'worker', note: said } : { result: 'page', note }
  }
  const first = await once()
  if (first.result === 'worker') return first
  const second = await once()
  return second.result === 'failed' ? first : { ...second, note: `at the second load; at the first: ${first.note}` }
}
