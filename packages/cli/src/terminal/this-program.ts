/** This program as a person types it, and what its package.json says of it. */

import { existsSync, readFileSync } from 'node:fs'
import { basename, join, relative, sep } from 'node:path'
import { shellWord } from '@mixflow/core/internal'

export interface Started {
  /** Path of the script, as in `process.argv[1]`. */
  readonly script: string
  readonly folder: string
}

/** How to call this program: `mixflow` where it is installed globally, else through npx, or from a clone `node <file>`. */
export function programName({ script, folder }: Started = { script: process.argv[1] ?? '', folder: process.cwd() }) {
  const parts = script.split(sep)
  if (parts.includes('_npx')) return 'npx @mixflow/cli'
  if (parts.includes('node_modules') || existsSync(join(folder, 'node_modules/.bin/mixflow'))) return 'npx mixflow'
  if (basename(script).replace(/\.(cmd|exe|ps1)$/, '') === 'mixflow') return 'mixflow'
  return `node ${shellWord(relative(folder, script))}`
}

/** The command line as `mixflow …`, for records of how something was made. */
export const commandLine = (): string => ['mixflow', ...process.argv.slice(2)].map(shellWord).join(' ')

/** `issues` is the address for bug reports. */
export function packageFacts(): { readonly version: string; readonly issues: string } {
  const { version, repository } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return { version, issues: `${repository.url.replace(/^git\+|\.git$/g, '')}/issues` }
}
