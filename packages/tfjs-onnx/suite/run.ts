/**
 * tfjs-core's own test suite, run on this package's backend: what tfjs's own backends are held to. It closes with a line
 * "N passed, N failed, N skipped" and exits with 1 if a spec failed.
 *
 *   pnpm --filter @mixflow/tfjs-onnx run test:tfjs-core [--backend onnx|cpu|wasm|tfjs-node|torch] [--filter TEXT]
 *     [--from FOLDER] [--table]
 *
 * `--filter` runs the specs whose full name holds the text and prints where each failure came from; `--from` is where
 * tfjs-node is installed, or the folder of tfjs-torch; `--table` runs the suite on every backend that loads and prints their counts side by side.
 */

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { backends, type SuiteBackendName } from './backends.ts'
import { bundleSuite } from './bundle.ts'
import { runSpecs, type SpecResult } from './jasmine.ts'
import { type SkippedSpec, skipped } from './skipped.ts'

const { values: options } = parseArgs({
  options: {
    backend: { type: 'string', default: 'onnx' },
    filter: { type: 'string', default: '' },
    from: { type: 'string', default: '.' },
    table: { type: 'boolean', default: false },
  },
})

const isKnown = (name: string): name is SuiteBackendName => Object.hasOwn(backends, name)

async function runOn(name: string): Promise<void> {
  if (!isKnown(name)) throw new Error(`no backend "${name}" here: use one of ${Object.keys(backends).join(', ')}`)
  const backend = backends[name]
  await backend.load(options.from)
  const plainName = (fullName: string): string => fullName.replace(` ${backend.backendName} {}`, '')
  const left: ReadonlyMap<string, SkippedSpec> = new Map(
    name === 'onnx' || name === 'torch' ? skipped.map(one => [one.spec, one]) : [],
  )
  const matches = (fullName: string) => plainName(fullName).includes(options.filter)
  const results = await runSpecs(
    await bundleSuite(backend),
    fullName => matches(fullName) && !left.has(plainName(fullName)),
  )
  report(
    results
      .filter(({ fullName }) => matches(fullName))
      .map(result => ({ ...result, fullName: plainName(result.fullName) })),
    left,
  )
}

function report(results: readonly SpecResult[], left: ReadonlyMap<string, SkippedSpec>): void {
  const failed = results.filter(({ status }) => status === 'failed')
  const notRun = results.filter(({ status }) => status === 'pending' || status === 'excluded')
  const names = new Set(results.map(({ fullName }) => fullName))
  const unknown = options.filter === '' ? [...left.keys()].filter(spec => !names.has(spec)) : []
  for (const { fullName, failedExpectations } of failed) {
    console.log(`failed: ${fullName}`)
    for (const { message, stack } of failedExpectations) console.log(indent(options.filter === '' ? message : stack))
  }
  for (const { fullName, status } of notRun) {
    const reason = status === 'pending' ? 'left out by tfjs-core itself' : left.get(fullName)?.reason
    console.log(`skipped: ${fullName} (${reason})`)
  }
  for (const spec of unknown) console.log(`failed: the list of skipped specs names one that does not exist: ${spec}`)
  const failures = failed.length + unknown.length
  console.log(`${results.length - failed.length - notRun.length} passed, ${failures} failed, ${notRun.length} skipped`)
  process.exitCode = failures > 0 || results.length === 0 ? 1 : 0
}

const indent = (text: string): string => text.replace(/^/gm, '  ')

/** Each backend in a process of its own: two copies of the specs would declare themselves to one jasmine. */
function printTable(): void {
  console.log('| backend | passed | failed | skipped |\n|---|---|---|---|')
  for (const name of Object.keys(backends)) {
    const script = [...process.execArgv, fileURLToPath(import.meta.url), '--backend', name, '--from', options.from]
    const { stdout } = spawnSync(process.execPath, script, { encoding: 'utf8', maxBuffer: 1e9 })
    const counts = /(\d+) passed, (\d+) failed, (\d+) skipped\s*$/.exec(stdout)?.slice(1)
    console.log(`| ${name} | ${counts === undefined ? 'not installed | |' : `${counts.join(' | ')} |`}`)
  }
}

if (options.table) printTable()
else await runOn(options.backend)
