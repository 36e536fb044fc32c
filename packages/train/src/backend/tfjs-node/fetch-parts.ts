/**
 * Downloads the parts of a native TensorFlow with the ordinary clients, each told what the bytes must be: npm by a lock file
 * with the sha512 of every package, pip by requirements with the sha256 of every wheel. Nothing that is fetched is run.
 */

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parts, type TfjsNodeKind, type Wheel } from './kind.ts'
import { downloadError, ProgramFailed, type Programs, runProgram, type Setting } from './programs.ts'

const lockFile = new URL('../../../assets/tfjs-node/package-lock.json', import.meta.url)

/**
 * Installs the npm package, without its scripts, into `home`/node_modules.
 *
 * @throws MixflowError DOWNLOAD_OFFLINE, DOWNLOAD_HASH_MISMATCH, SETUP_FAILED, ABORTED
 */
export async function fetchPackage(
  home: string,
  kind: TfjsNodeKind,
  { npm, ...setting }: Pick<Programs, 'npm'> & Setting,
) {
  const lock = lockOf(kind, await readFile(lockFile, 'utf8'))
  const { dependencies } = JSON.parse(lock).packages['']
  await writeFile(join(home, 'package-lock.json'), lock)
  await writeFile(join(home, 'package.json'), `${JSON.stringify({ private: true, dependencies }, null, 2)}\n`)
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  await runProgram(npm, args, { ...setting, cwd: home }).catch(named(`${parts[kind].package}`))
}

/** Both packages have the same dependencies: the lock file is kept once, for `tfjs-node`. */
function lockOf(kind: TfjsNodeKind, text: string): string {
  const lock = JSON.parse(text)
  const { package: name, version, integrity } = parts[kind]
  const { [parts['tfjs-node'].package]: _, ...others } = lock.packages[''].dependencies
  const path = `node_modules/${parts['tfjs-node'].package}`
  const { [path]: entry, ...packages } = lock.packages
  return JSON.stringify({
    ...lock,
    packages: {
      ...packages,
      '': { dependencies: { ...others, [name]: version } },
      [`node_modules/${name}`]: { ...entry, version, integrity },
    },
  })
}

/** The systems that wheels may be made for, from the newest to the oldest C library that this one includes. */
const platforms = ['manylinux_2_27_x86_64', 'manylinux_2_17_x86_64', 'manylinux2014_x86_64', 'manylinux1_x86_64']

/**
 * Downloads wheels into `folder`, unless they are there; pip checks them either way.
 *
 * @returns their paths, in the order of `wheels`
 * @throws MixflowError DOWNLOAD_OFFLINE, DOWNLOAD_HASH_MISMATCH, SETUP_FAILED, ABORTED
 */
export async function fetchWheels(
  wheels: readonly Wheel[],
  folder: string,
  { pip, ...setting }: Pick<Programs, 'pip'> & Setting,
): Promise<string[]> {
  await mkdir(folder, { recursive: true })
  const requirements = join(folder, 'requirements.txt')
  await writeFile(
    requirements,
    wheels.map(({ name, version, sha256 }) => `${name}==${version} --hash=sha256:${sha256}\n`).join(''),
  )
  const args = ['download', '--quiet', '--no-deps', '--require-hashes', '--only-binary=:all:', '--implementation=cp']
  const target = ['--python-version=3.11', ...platforms.map(platform => `--platform=${platform}`), '--dest', folder]
  await runProgram(pip, [...args, ...target, '-r', requirements], setting).catch(named(wheels[0]?.name ?? 'a wheel'))
  const files = await readdir(folder)
  return wheels.map(({ name, version }) => {
    const start = `${name.replaceAll('-', '_')}-${version}-`
    return join(folder, files.find(file => file.startsWith(start)) as string)
  })
}

const named = (what: string) => (error: unknown) => {
  throw error instanceof ProgramFailed ? downloadError(what, error) : error
}
