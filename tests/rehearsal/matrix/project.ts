/** What all kinds of rows share: the result of a trial, and how a project is written, installed and served. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Browser } from 'playwright-core'
import { run } from '../../src/workspace/run.ts'
import { npmInstall } from '../../src/workspace/user.ts'
import { startServer } from '../server.ts'
import type { Project } from './tool.ts'

export interface Outcome {
  /**
   * `works`: the images of Node; in a page, made in a worker. `without a worker`: the same, made in the page itself. `works once reloaded`:
   * the page failed when a development server had just started.
   */
  readonly result: 'works' | 'works once reloaded' | 'without a worker' | 'fails'
  /** What went wrong, or was printed. */
  readonly note: string
}

export interface Row {
  readonly project: Project
  readonly version: string
  readonly node: string
  /** Of a script, or of a development server. */
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
  /** The model: its folder, and its address on an origin of its own. */
  readonly model: { readonly folder: string; readonly url: string }
  readonly expected: {
    /** Of the canvas. */
    readonly rgba: readonly number[]
    /** The last image as a PNG file. */
    readonly png: Uint8Array
  }
}

export interface Installed extends Pick<Row, 'version' | 'node'> {
  readonly options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }
  /** Runs a command of the project. */
  run(command: string): Promise<string>
  /** Starts a command that serves on PORT, looks at it, and stops it; what it printed is added to an error. */
  served(command: string, look: (address: string) => Promise<Outcome>): Promise<Outcome>
}

export async function install(project: Project, { cwd, env, ours }: Trial): Promise<Installed> {
  const manifest = { name: 'app', private: true, type: 'module', version: '0.0.0', dependencies: {} }
  const files = { 'package.json': JSON.stringify(manifest), ...project.files }
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(cwd, path)), { recursive: true })
    await writeFile(join(cwd, path), text)
  }
  await npmInstall([...ours, ...project.packages], { cwd, env })
  const node = (await run('node', ['--version'], { cwd, env })).trim().replace('v', '')
  const version = project.pkg === undefined ? node : await versionOf(join(cwd, 'node_modules', project.pkg))
  const bin = join(cwd, 'node_modules', '.bin')
  const options = { cwd, env: { ...env, PATH: `${bin}:${env.PATH}`, ...project.env } }
  return {
    ...{ version, node, options },
    run(command) {
      const [program = '', ...args] = command.split(' ')
      return run(program, args, options)
    },
    async served(command, look) {
      const [program = '', ...args] = command.split(' ')
      await using server = await startServer({
        command: program,
        args: port => args.map(arg => arg.replace('PORT', port)),
        ...options,
      })
      const outcome = await caught(() => look(`http://127.0.0.1:${server.port}/`))
      return outcome.result === 'fails' ? { ...outcome, note: `${outcome.note}\n${server.printed()}` } : outcome
    },
  }
}

const versionOf = async (folder: string): Promise<string> =>
  JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')).version

/** What fails is the outcome. */
export async function caught(work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work()
  } catch (error) {
    return { result: 'fails', note: (error as Error).message }
  }
}
