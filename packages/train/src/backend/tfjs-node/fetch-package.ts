/** Downloads the npm package, with npm, which a lock file tells the sha512 of every package; nothing that is fetched is run. */

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseStrictJson } from '@mixflow/core/internal'
import { readRegularFile } from '@mixflow/files'
import { downloadFailed, type Programs, runProgram, type Setting } from '../set-up/programs.ts'
import { parts, type TfjsNodeKind } from './kind.ts'

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
  const lock = lockOf(kind, await readRegularFile(fileURLToPath(lockFile)))
  const { dependencies } = lock.packages['']
  await writeFile(join(home, 'package-lock.json'), JSON.stringify(lock))
  await writeFile(join(home, 'package.json'), `${JSON.stringify({ private: true, dependencies }, null, 2)}\n`)
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  await runProgram(npm, args, { ...setting, cwd: home }).catch(downloadFailed(parts[kind].package))
}

interface Lock {
  readonly packages: {
    readonly '': { readonly dependencies: Readonly<Record<string, string>> }
    readonly [path: string]: object
  }
}

/** Both packages have the same dependencies: there is one lock file, for `tfjs-node`. */
function lockOf(kind: TfjsNodeKind, bytes: Uint8Array): Lock {
  const hint = 'install @mixflow/train again'
  const json = parseStrictJson(bytes, { what: fileURLToPath(lockFile), code: 'SETUP_FAILED', hint })
  const lock = json as unknown as Lock
  const { package: name, version, integrity } = parts[kind]
  const { [parts['tfjs-node'].package]: _, ...others } = lock.packages[''].dependencies
  const path = `node_modules/${parts['tfjs-node'].package}`
  const { [path]: entry, ...packages } = lock.packages
  return {
    ...lock,
    packages: {
      ...packages,
      '': { dependencies: { ...others, [name]: version } },
      [`node_modules/${name}`]: { ...entry, version, integrity },
    },
  }
}
