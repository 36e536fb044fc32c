/** Child processes whose failure says what they printed, and pnpm wherever it is. */
import { execFile } from 'node:child_process'
import { basename } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)

export interface RunOptions {
  readonly cwd: string
  readonly env?: NodeJS.ProcessEnv
}

/** Standard output of a command; a status other than 0 throws with everything that was printed. */
export async function run(command: string, args: readonly string[], { cwd, env }: RunOptions): Promise<string> {
  const shell = process.platform === 'win32'
  const { FORCE_COLOR: _, ...plain } = env ?? process.env
  try {
    return (await execute(command, [...args], { cwd, shell, maxBuffer: 2 ** 26, env: { ...plain, NO_COLOR: '1' } }))
      .stdout
  } catch (error) {
    // the error itself would say the same once more
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`${command} ${args.join(' ')} failed in ${cwd}\n${stdout}\n${stderr}`)
  }
}

/** Runs pnpm: the one that runs the tests, or else the one that npx gets. */
export function pnpm(args: readonly string[], options: RunOptions): Promise<string> {
  const { npm_execpath: path = '' } = process.env
  if (!basename(path).startsWith('pnpm')) return run('npx', ['-y', 'pnpm@12', ...args], options)
  return /\.[cm]?js$/.test(path) ? run(process.execPath, [path, ...args], options) : run(path, args, options)
}
