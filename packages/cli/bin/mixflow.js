#!/usr/bin/env node
// The installed command: a file that is there before a clone is built, so that package managers can link it.

import { existsSync } from 'node:fs'

if (existsSync(new URL('../dist/main.js', import.meta.url))) {
  await import('../dist/main.js')
} else {
  console.error('mixflow is not built yet: npx -y pnpm@12 build')
  process.exitCode = 1
}
