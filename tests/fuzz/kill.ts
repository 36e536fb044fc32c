/**
 * Kills commands at moments drawn from a seed, runs each again to its end, and compares its files with those of an undisturbed run: the same
 * names, and the same bytes except in files with dates or durations.
 */

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { smallModel } from '@mixflow/test-model'
import { encodePng } from '@mixflow/train'
import { random } from './mutate.ts'

const path = (name: string) => fileURLToPath(new URL(`../../packages/${name}`, import.meta.url))
const cli = path('cli/src/main.ts')
const trainTiny = path('train/src/fixtures/train-tiny.ts')
const extractor = path('../models/features-cifar10')

interface Killed {
  /** Script and arguments that write into `out`; `again` after a kill. */
  args(out: string, again: boolean): readonly string[]
  /** Files whose bytes are compared; the others hold dates or durations. */
  readonly compared: RegExp
}

/** The commands, for a folder with a run `run`, a model `model` and images `images`. */
const commands = {
  train: { args: (out, again) => [trainTiny, out, again ? 'resume' : ''], compared: /\.safetensors$/ },
  export: {
    args: (out, again) => [cli, 'export', join(out, '..', 'run'), '--out', out, ...(again ? ['--overwrite'] : [])],
    compared: /\.onnx$/,
  },
  sample: {
    args: (out, again) => [
      cli,
      'sample',
      join(out, '..', 'model'),
      '--count',
      '300',
      '--seed',
      '7',
      '--out',
      `${out}/`,
      ...(again ? ['--resume'] : []),
    ],
    compared: /\.png$/,
  },
  evaluate: {
    args: out => [
      ...[cli, 'evaluate', join(out, '..', 'model'), '--data', join(out, '..', 'images')],
      ...['--metrics', 'fd,precision-recall,neighbours,curvature', '--features', extractor, '--resize', 'pad'],
      ...['--nfe', '1,2', '--solver', 'euler', '--n', '70', '--ranges', '2', '--batch-size', '16'],
      ...['--count', '10', '--steps', '8', '--seed', '4', '--threads', '1', '--out', out],
    ],
    compared: /\.(json|md|svg|png)$/,
  },
} as const satisfies Record<string, Killed>

export type KilledCommand = keyof typeof commands
export const killedCommands = Object.keys(commands) as KilledCommand[]

interface Ended {
  readonly code: number | null
  readonly errors: string
  readonly milliseconds: number
}

interface RunOptions {
  /** For downloads and statistics. */
  readonly cache: string
  /** Milliseconds until a SIGKILL. Default: none. */
  readonly killAfter?: number
}

function run(args: readonly string[], { cache, killAfter }: RunOptions): Promise<Ended> {
  return new Promise(resolve => {
    const started = performance.now()
    const child = spawn(process.execPath, ['--conditions=@mixflow/source', '--import=tsx', ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, MIXFLOW_CACHE: cache },
    })
    let errors = ''
    child.stderr.on('data', chunk => {
      errors = `${errors}${chunk}`.slice(-2000)
    })
    const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter)
    child.on('close', code => {
      clearTimeout(timer)
      resolve({ code, errors, milliseconds: performance.now() - started })
    })
  })
}

/** Name -> sha256 of the files that are compared; of the others, only that they exist. */
function contentOf(folder: string, { compared }: Killed): Readonly<Record<string, string>> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
  const entries = files.map(file => {
    const full = join(file.parentPath, file.name)
    const sum = compared.test(file.name) ? createHash('sha256').update(readFileSync(full)).digest('hex') : 'exists'
    return [relative(folder, full), sum] as const
  })
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

export interface KillReport {
  readonly kills: number
  /** Each with the moment of the kill. */
  readonly failures: readonly string[]
}

/** @param seed of the moments, which are uniform over the duration of an undisturbed run */
export async function killOften(
  command: KilledCommand,
  { seed, kills }: { readonly seed: number; readonly kills: number },
): Promise<KillReport> {
  const folder = mkdtempSync(join(tmpdir(), 'mixflow-kill-'))
  const cache = join(folder, 'cache')
  try {
    for (const [name, bytes] of await smallModel({ image: { channels: 1, height: 16, width: 16 } })) {
      mkdirSync(dirname(join(folder, 'model', name)), { recursive: true })
      writeFileSync(join(folder, 'model', name), bytes)
    }
    if (command === 'evaluate') writeImages(join(folder, 'images'))
    const killed: Killed = commands[command]
    if (command === 'export') await whole(commands.train.args(join(folder, 'run'), false), cache)
    const undisturbed = join(folder, 'undisturbed')
    const { milliseconds } = await whole(killed.args(undisturbed, false), cache)
    const expected = contentOf(undisturbed, killed)
    const { below } = random(`${seed} ${command}`)
    const failures: string[] = []
    for (let i = 0; i < kills; i++) {
      const out = join(folder, `out-${i}`)
      const cache = `${out}-cache`
      const moment = below(Math.ceil(milliseconds))
      await run(killed.args(out, false), { cache, killAfter: moment })
      // a run that was killed before its first checkpoint begins anew
      const again = await run(killed.args(out, true), { cache })
      const { code, errors } = again.code === 0 ? again : await run(killed.args(out, false), { cache })
      const found = code === 0 ? contentOf(out, killed) : {}
      const wrong = [...new Set([...Object.keys(expected), ...Object.keys(found)])].filter(
        name => expected[name] !== found[name],
      )
      if (code !== 0) failures.push(`killed after ${moment} ms: ends with ${code} when run again: ${errors}`)
      else if (wrong.length > 0) failures.push(`killed after ${moment} ms: differs in ${wrong.slice(0, 5).join(', ')}`)
      for (const made of [out, cache]) rmSync(made, { recursive: true, force: true })
    }
    return { kills, failures }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function writeImages(folder: string): void {
  mkdirSync(folder)
  for (let seed = 0; seed < 80; seed++) {
    const { below } = random(`image ${seed}`)
    const data = Float32Array.from({ length: 256 }, (_, i) => ((i % 16 < 8 ? below(100) : 255) / 255) * 2 - 1)
    writeFileSync(join(folder, `${seed}.png`), encodePng({ channels: 1, height: 16, width: 16, data }))
  }
}

async function whole(args: readonly string[], cache: string): Promise<Ended> {
  const ended = await run(args, { cache })
  if (ended.code === 0) return ended
  throw new Error(`undisturbed, ${args.join(' ')} ends with ${ended.code}: ${ended.errors}`)
}
