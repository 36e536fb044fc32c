/** A copy of this repository, in which a release can be made as the workflow makes it: versions, a commit, a build, and out. */
import { existsSync } from 'node:fs'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pnpm, run } from '../src/workspace/run.ts'
import { readManifest, repositoryFiles, root } from '../src/workspace/workspace.ts'

export interface ReleaseCopy extends AsyncDisposable {
  /** Says in a changeset what is new. */
  announce(file: string, text: string): Promise<void>
  /**
   * Publishes what was announced; returns the version and the change log of a package.
   *
   * @param npmrc settings of npm that lead to the registry
   */
  release(name: 'core', npmrc: string): Promise<{ readonly version: string; readonly changelog: string }>
}

export async function copyForRelease(): Promise<ReleaseCopy> {
  const folder = await mkdtemp(join(tmpdir(), 'mixflow-release-'))
  // git lists a file that was deleted until that is committed
  for (const file of repositoryFiles() ?? [])
    if (existsSync(join(root, file))) await cp(join(root, file), join(folder, file))
  // somebody at his own desk: inside a service, npm would ask it for provenance
  const service = /^(CI|GITHUB_.*|ACTIONS_.*|RUNNER_.*|GITLAB_.*)$/
  const env = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !service.test(name))),
    ...{ GIT_AUTHOR_NAME: 'release', GIT_AUTHOR_EMAIL: 'release@localhost' },
    ...{ GIT_COMMITTER_NAME: 'release', GIT_COMMITTER_EMAIL: 'release@localhost' },
    ...{ TURBO_TELEMETRY_DISABLED: '1', npm_config_update_notifier: 'false' },
  }
  const options = { cwd: folder, env }
  const commit = async (message: string) => {
    await run('git', ['add', '--all'], options)
    await run('git', ['commit', '--quiet', '--message', message], options)
  }
  await run('git', ['init', '--quiet', '--initial-branch', 'main'], options)
  await run('git', ['config', 'core.compression', '0'], options)
  await commit('As it is')
  await pnpm(['install', '--frozen-lockfile', '--prefer-offline'], options)
  return {
    announce: async (file, text) => {
      await writeFile(join(folder, '.changeset', file), text)
      await commit(`Announce ${file}`)
    },
    async release(name, npmrc) {
      await writeFile(join(folder, '.npmrc'), npmrc)
      await pnpm(['version-packages'], options)
      await commit('Next versions')
      await pnpm(['release'], options)
      const path = join(folder, 'packages', name)
      return { version: readManifest(path).version, changelog: await readFile(join(path, 'CHANGELOG.md'), 'utf8') }
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}
