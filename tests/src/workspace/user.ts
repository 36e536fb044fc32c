/** The environment of a user with only Node: an empty home, an empty project, and the network settings. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from './run.ts'
import { root } from './workspace.ts'

export interface User extends AsyncDisposable {
  readonly home: string
  /** An empty folder. */
  readonly project: string
  readonly env: NodeJS.ProcessEnv
}

/** Cached between runs. */
const kept = (name: string) => join(root, 'node_modules', '.cache', 'install-test', name)

/** @param npmrc additional lines of the user's .npmrc */
export async function newUser(npmrc = ''): Promise<User> {
  const folder = await mkdtemp(join(tmpdir(), 'mixflow-user-'))
  const [home, project] = [join(folder, 'home'), join(folder, 'project')]
  for (const path of [home, project]) await mkdir(path)
  const registry = await run('npm', ['config', 'get', 'registry'], { cwd: root })
  await writeFile(join(home, '.npmrc'), `registry=${registry}${npmrc}\n`)
  const network = /^(https?_proxy|no_proxy|all_proxy|node_extra_ca_certs|ssl_cert_file)$/i
  return {
    home,
    project,
    env: {
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => network.test(name))),
      ...{ PATH: process.env.PATH, HOME: home, USERPROFILE: home },
      // as the README of sdk-node says
      ONNXRUNTIME_NODE_INSTALL: 'skip',
      ...{ npm_config_cache: kept('npm'), BUN_INSTALL_CACHE_DIR: kept('bun'), DENO_DIR: kept('deno') },
      ...{ NEXT_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** `npm install` without audit and funding messages. */
export const npmInstall = (
  packages: readonly string[],
  { env, cwd }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
) => {
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--no-update-notifier']
  return run('npm', ['install', ...quiet, ...packages], { cwd, env })
}
