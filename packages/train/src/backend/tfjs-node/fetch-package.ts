/** Downloads the npm package, with npm, which a lock file tells the sha512 of every package; nothing that is fetched is run. */

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readRegularText } from '@mixflow/files'
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
  const lock = lockOf(kind, await readRegularText(fileURLToPath(lockFile)))
  const { dependencies } = JSON.parse(lock).packages['']
  await writeFile(join(home, 'package-lock.json'), lock)
  await writeFile(join(home, 'package.json'), `${JSON.stringify({ private: true, dependencies }, null, 2)}\n`)
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  await runProgram(npm, args, { ...setting, cwd: home }).catch(downloadFailed(parts[kind].package))
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
