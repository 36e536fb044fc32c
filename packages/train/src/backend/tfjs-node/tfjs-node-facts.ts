/** What native TensorFlow there is on this machine, found out in a process of its own: this one goes on without it. */

import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type AddonFacts, checkAddon } from './check-addon.ts'
import { parts, type TfjsNodeKind, tfjsNodeFolder } from './kind.ts'

/**
 * Facts of the copy that training would use; null if there is none.
 *
 * @throws MixflowError SETUP_FAILED if there is one that does not work
 */
export async function tfjsNodeFacts(kind: TfjsNodeKind): Promise<AddonFacts | null> {
  const homes = [process.cwd(), tfjsNodeFolder(kind)].filter(home => has(home, kind))
  let problem: unknown
  for (const home of homes) {
    try {
      return await checkAddon(home, kind, { env: process.env })
    } catch (error) {
      problem = error
    }
  }
  if (problem !== undefined) throw problem
  return null
}

function has(home: string, kind: TfjsNodeKind): boolean {
  try {
    return createRequire(join(home, 'package.json')).resolve(parts[kind].package) !== ''
  } catch {
    return false
  }
}
