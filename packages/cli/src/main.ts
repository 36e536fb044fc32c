#!/usr/bin/env node
/** The `mixflow` command. */

import { run } from './run.ts'
import { outliveOutput } from './terminal/signals.ts'

const outputError = outliveOutput([process.stdout, process.stderr])

const exitCode = await run(process.argv.slice(2))
process.exitCode = exitCode
// the last output may still fail
process.once('exit', () => {
  const error = outputError()
  if (error === undefined || exitCode !== 0) return
  process.stderr.write(`error: could not write all output: ${error.message}\n`)
  process.exitCode = 1
})
