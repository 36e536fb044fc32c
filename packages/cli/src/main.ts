#!/usr/bin/env node
/** The `mixflow` command. */

import { run } from './run.ts'
import { outliveOutput } from './terminal/outlive-output.ts'

const lostOutput = outliveOutput([process.stdout, process.stderr])

const exitCode = await run(process.argv.slice(2))
process.exitCode = exitCode
// what was printed last may fail after this
process.once('exit', () => {
  const lost = lostOutput()
  if (lost === undefined || exitCode !== 0) return
  process.stderr.write(`error: not all of the output could be written: ${lost.message}\n`)
  process.exitCode = 1
})
