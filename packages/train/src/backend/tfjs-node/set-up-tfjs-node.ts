/**
 * Makes tfjs-node work where its own installer does not: on current systems, on Node 24, with CUDA 12. Two downloads, a
 * compiler call and a check, in a folder beside the final one that takes its name at the very end: there is never half of it.
 *
 * It lives in the user's cache and not in a project's node_modules: one copy (some of it gigabytes) serves all projects and
 * global installs, the next `npm ci` does not wipe it away, and nobody's package.json changes.
 */

import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { MixflowError } from '@mixflow/core'
import { checkLinux } from '../set-up/check-linux.ts'
import { fetchWheels } from '../set-up/fetch-wheels.ts'
import { makeFolder } from '../set-up/make-folder.ts'
import { findPrograms, type Setting } from '../set-up/programs.ts'
import { buildAddon, unpackLibraries } from './build-addon.ts'
import { type AddonFacts, checkAddon } from './check-addon.ts'
import { fetchPackage } from './fetch-package.ts'
import { parts, type TfjsNodeKind, tfjsNodeFolder } from './kind.ts'

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
  checkLinux(
    'TensorFlow',
    'train without --backend: the onnx backend needs none of this; elsewhere, npm install @tensorflow/tfjs-node may work by itself',
  )
  const folder = tfjsNodeFolder(kind)
  const setting = { env, signal }
  const { result, outcome } = await makeFolder<AddonFacts>(folder, {
    signal,
    onWait: () => onPhase(`waiting for another process that sets up ${kind}`),
    find: async () => {
      if (!existsSync(folder)) return null
      onPhase('check what is there')
      return checkAddon(folder, kind, setting).catch(repairable)
    },
    make: staging => make(kind, staging, { ...setting, onPhase }),
  })
  return { ...result, kind, folder, outcome }
}

/** What is there but does not work is made anew. */
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
  // kept until all is well: another try does not download them again
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
