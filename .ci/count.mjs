/**
 * Prints one line, "N passed, N failed, N skipped", from vitest's JSON report. A test file that did not load has no tests
 * to count, and a run that broke off has no report: each counts as one failure, so that a failed run never shows none.
 *
 *   node .ci/count.mjs <report.json> <exit status of the tests>
 */
import { readFileSync } from 'node:fs'

const [path, status] = process.argv.slice(2)

function count() {
  const report = JSON.parse(readFileSync(path, 'utf8'))
  const unloaded = report.testResults.filter(file => file.status === 'failed' && file.assertionResults.length === 0)
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded.length,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

let counted = { passed: 0, failed: 0, skipped: 0 }
try {
  counted = count()
} catch (error) {
  console.error(`no test report: ${error.message}`)
  counted.failed = 1
}
const { passed, skipped } = counted
const failed = status === '0' ? counted.failed : Math.max(counted.failed, 1)
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
