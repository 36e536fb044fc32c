/**
 * What every test file gets first: properties are checked on the same cases everywhere, and searching for a smaller
 * counterexample ends with the test's time, which vitest itself cannot enforce on a loop that never yields.
 */
import fc from 'fast-check'

fc.configureGlobal({ seed: 20_260_409, interruptAfterTimeLimit: 170_000, markInterruptAsFailure: true })
