/** Runs the specs that a bundle declares, and says what became of each. (jasmine-core has no types of its own.) */

import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

export interface SpecResult {
  readonly fullName: string
  /** 'pending': the suite itself leaves it out; 'excluded': our filter did. */
  readonly status: 'passed' | 'failed' | 'pending' | 'excluded'
  readonly failedExpectations: readonly { readonly message: string; readonly stack: string }[]
}

interface JasmineEnvironment {
  configure(options: { random: boolean; specFilter: (spec: { getFullName(): string }) => boolean }): void
  clearReporters(): void
  addReporter(reporter: { specDone(result: SpecResult): void }): void
  execute(): Promise<{ overallStatus: string; failedExpectations: SpecResult['failedExpectations'] }>
}

/**
 * Specs print what they log for tests of logging; only results should be seen, so the console is still meanwhile.
 *
 * @throws Error if something outside of a spec failed, such as the set-up of a group.
 */
export async function runSpecs(bundle: string, accepts: (fullName: string) => boolean): Promise<SpecResult[]> {
  const jasmine = createRequire(import.meta.url)('jasmine-core').boot() as { getEnv(): JasmineEnvironment }
  const console = { ...globalThis.console }
  for (const method of ['log', 'info', 'warn', 'error', 'debug', 'table'] as const)
    globalThis.console[method] = () => {}
  try {
    await import(pathToFileURL(bundle).href)
    const environment = jasmine.getEnv()
    const results: SpecResult[] = []
    environment.configure({ random: false, specFilter: spec => accepts(spec.getFullName()) })
    environment.clearReporters()
    environment.addReporter({ specDone: result => void results.push(result) })
    const { overallStatus, failedExpectations } = await environment.execute()
    const specFailed = results.some(({ status }) => status === 'failed')
    if (overallStatus === 'failed' && !specFailed) {
      throw new Error(`the suite failed outside of its specs: ${failedExpectations.map(({ message }) => message)}`)
    }
    return results
  } finally {
    Object.assign(globalThis.console, console)
  }
}
