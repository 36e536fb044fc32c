/**
 * How this program was started, for commands to go on with: what a person can type where they are. A command installed
 * for all is `mixflow`, one in a project's node_modules `npx mixflow`, and one that npx fetched has to be named in full;
 * from a clone it is a file that node runs.
 */

import { basename, relative, sep } from 'node:path'
import { shellWord } from '@mixflow/core/internal'

export interface Started {
  /** Path of the script, as in `process.argv[1]`. */
  readonly script: string
  readonly folder: string
}

export function programName({ script, folder }: Started = { script: process.argv[1] ?? '', folder: process.cwd() }) {
  const parts = script.split(sep)
  if (parts.includes('_npx')) return 'npx @mixflow/cli'
  if (parts.includes('node_modules')) return 'npx mixflow'
  if (basename(script).replace(/\.(cmd|exe|ps1)$/, '') === 'mixflow') return 'mixflow'
  return `node ${shellWord(relative(folder, script))}`
}
