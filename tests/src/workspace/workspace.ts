/** The workspace: its packages, their manifests, and the files in git. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../../', import.meta.url))

export interface PackageManifest {
  readonly name: string
  readonly version: string
  readonly description?: string
  readonly license?: string
  readonly type?: string
  readonly sideEffects?: boolean
  readonly repository?: { readonly url?: string; readonly directory?: string }
  readonly keywords?: readonly string[]
  readonly engines?: { readonly node?: string }
  readonly publishConfig?: { readonly access?: string; readonly provenance?: boolean }
  readonly bin?: Readonly<Record<string, string>>
  readonly private?: boolean
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

export interface WorkspacePackage {
  /** Folder name, which is the package name without its scope. */
  readonly id: string
  readonly folder: string
  readonly manifest: PackageManifest
}

export const readManifest = (folder: string): PackageManifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))

const packagesIn = (folder: string): WorkspacePackage[] =>
  readdirSync(join(root, folder))
    .map(id => ({ id, folder: join(root, folder, id) }))
    .map(entry => ({ ...entry, manifest: readManifest(entry.folder) }))

/** Published packages of code, all in packages/. */
export const packages: readonly WorkspacePackage[] = packagesIn('packages')

const isModel = ({ folder }: WorkspacePackage): boolean => existsSync(join(folder, 'mixflow.json'))

/** Published packages of feature extractors, in models/. */
export const dataPackages: readonly WorkspacePackage[] = packagesIn('models').filter(pkg => !isModel(pkg))

/** Published models, in models/. */
export const modelPackages: readonly WorkspacePackage[] = packagesIn('models').filter(isModel)

export const published: readonly WorkspacePackage[] = [...packages, ...dataPackages, ...modelPackages]

/** Every file below a folder, relative to it, with `/`. */
export const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))

/** All files of the repository, including new ones, relative to the root, with `/`; null without git. */
export function repositoryFiles(): string[] | null {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  try {
    const listed = execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    return listed.split('\0').filter(file => file !== '')
  } catch {
    console.warn('skipped: the repository has no history here, so its files are not known')
    return null
  }
}
