/** What package.json says about this program. */

import { readFileSync } from 'node:fs'

export interface PackageFacts {
  readonly version: string
  /** Address for reports of faults. */
  readonly issues: string
}

export function packageFacts(): PackageFacts {
  const { version, repository } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return { version, issues: `${repository.url.replace(/^git\+|\.git$/g, '')}/issues` }
}
