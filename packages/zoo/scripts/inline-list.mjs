/**
 * Puts the list of models into the compiled module. Published code must not import JSON: Node 20 prints a warning, and some
 * bundlers and browsers do not know import attributes.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'

const module = 'dist/models/index.js'
const list = 'dist/models/list.json'
const before = readFileSync(module, 'utf8')
const after = before.replace(/^import list from .*$/m, () => `const list = ${readFileSync(list, 'utf8').trim()};`)
if (after === before) throw new Error(`${module} does not import the list of models`)
writeFileSync(module, after)
rmSync(list)
