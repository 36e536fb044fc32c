/** Child processes whose errors include their output, and pnpm. */
import { execFile } from 'node:child_process'
import { basename } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)

export interface RunOptions {
  readonly cwd: string
  readonly env?: NodeJS.ProcessEnv
}

/** Returns the standard output. @throws Error with all output if the exit code is not 0 */
export async function run(command: string, args: readonly string[], { cwd, env }: RunOptions): Promise<string> {
  const shell = process.platform === 'win32'
  const { FORCE_COLOR: _, ...plain } = env ?? process.env
  try {
    return (await execute(command, [...args], { cwd, shell, maxBuffer: 2 ** 26, env: { ...plain, NO_COLOR: '1' } }))
      .stdout
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`${command} ${args.join(' ')} failed in ${cwd}\n${stdout}\n${stderr}`)
  }
}

/** Runs the pnpm that runs the tests, otherwise one from npx. */
export function pnpm(args: readonly string[], options: RunOptions): Promise<string> {
  const { npm_execpath: path = '' } = process.env
  if (!basename(path).startsWith('pnpm')) return run('npx', ['-y', 'pnpm@12', ...args], options)
  return /\.[cm]?js$/.test(path) ? run(process.execPath, [path, ...args], options) : run(path, args, options)
}
