/**
 * Sets up tfjs-node where its own installer fails: on current systems, on Node 24, with CUDA 12. Two downloads, a compiler call
 * and a check, in a temporary folder that is renamed at the end.
 *
 * The result is in the user's cache rather than in node_modules: one copy (of up to gigabytes) serves all projects, and `npm ci`
 * does not remove it.
 */

import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MixflowError } from '@mixflow/core'
import { parseStrictJson } from '@mixflow/core/internal'
import { readRegularFile } from '@mixflow/files'
import { makeFolder } from '../set-up/make-folder.ts'
import {
  checkLinux,
  downloadFailed,
  findPrograms,
  type Programs,
  runProgram,
  type Setting,
} from '../set-up/programs.ts'
import { fetchWheels } from '../set-up/wheels.ts'
import { type AddonFacts, buildAddon, checkAddon, unpackLibraries } from './addon.ts'
import { parts, type TfjsNodeKind, tfjsNodeFolder } from './kind.ts'

export interface SetUpOptions {
  /** With CUDA. */
  readonly gpu?: boolean
  /** Environment of npm, pip and the compiler. Default: that of this process. */
  readonly env?: NodeJS.ProcessEnv
  readonly signal?: AbortSignal | undefined
  /** Called at the beginning of each phase, with a description. */
  readonly onPhase?: (text: string) => void
}

export interface SetUp extends AddonFacts {
  readonly kind: TfjsNodeKind
  readonly folder: string
  /** `found`: it was already set up, and works. */
  readonly outcome: 'made' | 'found'
}

/**
 * Sets up `tfjs-node` (with `gpu`, `tfjs-node-gpu`) for all programs of this user. If it is already set up, it is only checked.
 *
 * @throws MixflowError SETUP_UNSUPPORTED, SETUP_TOOL_MISSING, SETUP_FAILED, DOWNLOAD_OFFLINE, DOWNLOAD_HASH_MISMATCH, ABORTED
 */
export async function setUpTfjsNode(options: SetUpOptions = {}): Promise<SetUp> {
  const { gpu = false, env = process.env, signal, onPhase = () => {} } = options
  const kind = gpu ? 'tfjs-node-gpu' : 'tfjs-node'
  checkLinux(
    'TensorFlow',
    'train without --backend, which uses the onnx backend; on other systems, npm install @tensorflow/tfjs-node may work',
  )
  const folder = tfjsNodeFolder(kind)
  const setting = { env, signal }
  const { result, outcome } = await makeFolder<AddonFacts>(folder, {
    signal,
    onWait: () => onPhase(`waiting for another process to set up ${kind}`),
    find: async () => {
      if (!existsSync(folder)) return null
      onPhase('check the existing copy')
      return checkAddon(folder, kind, setting).catch(repairable)
    },
    make: staging => make(kind, staging, { ...setting, onPhase }),
  })
  return { ...result, kind, folder, outcome }
}

/** A copy that does not work is made again. */
function repairable(error: unknown): null {
  if (MixflowError.is(error) && error.code === 'SETUP_FAILED') return null
  throw error
}

async function make(
  kind: TfjsNodeKind,
  staging: string,
  { onPhase, ...setting }: Setting & { readonly onPhase: (text: string) => void },
): Promise<AddonFacts> {
  const { wheels, size } = parts[kind]
  const programs = await findPrograms(['npm', 'pip', 'compiler'], setting)
  // removed only after success, so that another attempt does not download again
  const downloads = `${tfjsNodeFolder(kind)}.wheels`
  onPhase(`download ${kind} (${size})`)
  await fetchPackage(staging, kind, { ...programs, ...setting })
  const files = await fetchWheels(wheels, downloads, { ...programs, ...setting, python: '3.11' })
  onPhase('unpack')
  await unpackLibraries(staging, kind, files, setting.signal)
  onPhase('compile the addon')
  await buildAddon(staging, kind, { ...programs, ...setting })
  onPhase('check: load it and train a few steps')
  const facts = await checkAddon(staging, kind, setting)
  await rm(downloads, { recursive: true, force: true })
  return facts
}

const lockFile = new URL('../../../assets/tfjs-node/package-lock.json', import.meta.url)

/**
 * Installs the npm package, without running scripts, into `home`/node_modules. The lock file has the sha512 of every package.
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

/** The lock file of either package. They have the same dependencies, so only that of `tfjs-node` is stored. */
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
