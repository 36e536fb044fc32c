#!/usr/bin/env node
/** The `mixflow` command. A reader that closes the pipe early, as `head` does, is no error. */

import { run } from './run.ts'

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

process.exitCode = await run(process.argv.slice(2))
