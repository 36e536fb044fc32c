/** One thing that `mixflow doctor` looked at. */

export interface Finding {
  readonly topic: 'system' | 'runtime' | 'device' | 'package'
  readonly name: string
  /** `lacking`: all works without it. `broken`: something needed is not there. */
  readonly state: 'ok' | 'lacking' | 'broken'
  readonly text: string
  /** What to type so that it is there. */
  readonly command?: string
  /** What to do where no command does it. */
  readonly hint?: string
}
