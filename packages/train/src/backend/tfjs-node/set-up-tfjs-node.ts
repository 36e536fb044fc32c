/**
 * Makes tfjs-node work where its own installer does not: on current systems, on Node 24, with CUDA 12. Two downloads, a
 * compiler call and a check, in a folder beside the final one that takes its name at the very end: there is never half of it.
 *
 * It lives in the user's cache and not in a project's node_modules: one copy (some of it gigabytes) serves all projects and
 * global installs, the next `npm ci` does not wipe it away, and nobody's package.json changes.
 */

import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { lockFile } from '../../data/file-lock.ts'
import { buildAddon, unpackLibraries } from './build-addon.ts'
import { type AddonFacts, checkAddon } from './check-addon.ts'
import { fetchPackage, fetchWheels } from './fetch-parts.ts'
import { parts, type TfjsNodeKind, tfjsNodeFolder } from './kind.ts'
import { findPrograms, type Setting } from './programs.ts'

export interface SetUpOptions {
  /** With CUDA. */
  readonly gpu?: boolean
  /** Environment of npm, pip and the compiler; this process's unless given. */
  readonly env?: NodeJS.ProcessEnv
  readonly signal?: AbortSignal | undefined
  /** Told what begins, in words. */
  readonly onPhase?: (text: string) => void
}

export interface SetUp extends AddonFacts {
  readonly kind: TfjsNodeKind
  readonly folder: string
  /** `found`: it was there already, and works. */
  readonly outcome: 'made' | 'found'
}

/**
 * Sets up `tfjs-node`, or with `gpu` `tfjs-node-gpu`, for every program of this user. If it is there already, it is only checked.
 *
 * @throws MixflowError SETUP_UNSUPPORTED, SETUP_TOOL_MISSING, SETUP_FAILED, DOWNLOAD_OFFLINE, DOWNLOAD_HASH_MISMATCH, ABORTED
 */
export async function setUpTfjsNode(options: SetUpOptions = {}): Promise<SetUp> {
  const { gpu = false, env = process.env, signal, onPhase = () => {} } = options
  const kind = gpu ? 'tfjs-node-gpu' : 'tfjs-node'
  checkPlatform()
  const folder = tfjsNodeFolder(kind)
  await mkdir(dirname(folder), { recursive: true })
  const onWait = () => onPhase(`waiting for another process that sets up ${kind}`)
  const lock = await lockFile(`${folder}.lock`, { signal, onWait })
  try {
    const setting = { env, signal }
    if (existsSync(folder)) {
      onPhase('check what is there')
      const facts = await checkAddon(folder, kind, setting).catch(repairable)
      if (facts !== null) return { ...facts, kind, folder, outcome: 'found' }
    }
    return { ...(await make(kind, folder, { ...setting, onPhase })), kind, folder, outcome: 'made' }
  } finally {
    await lock.release()
  }
}

/** What is there but does not work is made anew. */
function repairable(error: unknown): null {
  if (MixflowError.is(error) && error.code === 'SETUP_FAILED') return null
  throw error
}

async function make(
  kind: TfjsNodeKind,
  folder: string,
  { onPhase, ...setting }: Setting & { readonly onPhase: (text: string) => void },
): Promise<AddonFacts> {
  const { wheels, size } = parts[kind]
  const programs = await findPrograms(setting)
  const [staging, downloads] = [`${folder}.part`, `${folder}.wheels`]
  // an earlier try may have been killed
  await rm(staging, { recursive: true, force: true })
  await mkdir(staging)
  try {
    onPhase(`download ${kind} (${size})`)
    await fetchPackage(staging, kind, { ...programs, ...setting })
    const files = await fetchWheels(wheels, downloads, { ...programs, ...setting })
    onPhase('unpack')
    await unpackLibraries(staging, kind, files, setting.signal)
    onPhase('compile the addon')
    await buildAddon(staging, kind, { ...programs, ...setting })
    onPhase('check: load it and train a few steps')
    const facts = await checkAddon(staging, kind, setting)
    await rm(folder, { recursive: true, force: true })
    await rename(staging, folder)
    await rm(downloads, { recursive: true, force: true })
    return facts
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

function checkPlatform(): void {
  const { platform, arch } = process
  const glibc = (process.report.getReport() as { header: { glibcVersionRuntime?: string } }).header.glibcVersionRuntime
  if (platform === 'linux' && arch === 'x64' && glibc !== undefined) return
  const here = `${platform} on ${arch}${platform === 'linux' && glibc === undefined ? ' with musl' : ''}`
  throw new MixflowError('SETUP_UNSUPPORTED', `setting up TensorFlow is for Linux on x64 with glibc, this is ${here}`, {
    hint: 'train without --backend: the onnx backend needs none of this; elsewhere, npm install @tensorflow/tfjs-node may work by itself',
    details: { platform, arch },
  })
}
