/**
 * Vitest's global setup of this package: builds and packs every published package, as a release does. Compiled files without a source are
 * deleted first, because the build does not. A failure is passed to the tests that need the tarballs.
 */
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { pnpm } from './run.ts'
import { filesBelow, packages, root, type WorkspacePackage } from './workspace.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder of the tarballs, or the error. */
    packed: { readonly folder: string } | { readonly error: string }
  }
}

export const tarballName = ({ manifest: { name, version } }: WorkspacePackage): string =>
  `${name.replace('@', '').replace('/', '-')}-${version}.tgz`

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'mixflow-packed-'))
  try {
    await pack(folder)
    project.provide('packed', { folder })
  } catch (error) {
    project.provide('packed', { error: (error as Error).message })
  }
  return () => rm(folder, { recursive: true, force: true })
}

async function pack(folder: string): Promise<void> {
  for (const { folder: path } of packages) if (hasOrphans(path)) await rm(join(path, 'dist'), { recursive: true })
  await pnpm(['turbo', 'run', 'build', '--filter=./packages/*', '--output-logs=errors-only'], { cwd: root })
  const both = ['--filter=./packages/*', '--filter=./models/*']
  await pnpm(['--recursive', ...both, 'pack', '--pack-destination', folder], { cwd: root })
}

/** Whether dist has a compiled file without a source; `bundle` is generated. */
function hasOrphans(path: string): boolean {
  const dist = join(path, 'dist')
  if (!existsSync(dist)) return false
  return filesBelow(dist).some(
    file =>
      !file.startsWith('bundle/') && !existsSync(join(path, 'src', file.replace(/(\.d\.ts|\.js)(\.map)?$/, '.ts'))),
  )
}
