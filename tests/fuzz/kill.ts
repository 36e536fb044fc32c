/**
 * Kills commands at moments that a seed draws, runs each again to its end, and compares what it wrote with what an undisturbed run wrote:
 * the same files, byte for byte but for dates and durations, and none besides.
 */

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { smallModel } from '@mixflow/test-model'
import { random } from './mutate.ts'

const path = (name: string) => fileURLToPath(new URL(`../../packages/${name}`, import.meta.url))
const cli = path('cli/src/main.ts')
const trainTiny = path('train/src/fixtures/train-tiny.ts')

interface Killed {
  /** Script and arguments that write into `out`; `again` after a kill. */
  args(out: string, again: boolean): readonly string[]
  /** Which of the files are compared; the others hold dates or durations. */
  readonly compared: RegExp
}

/** What is killed, given a folder with a run `run` and a model `model`. */
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
} as const satisfies Record<string, Killed>

export type KilledCommand = keyof typeof commands
export const killedCommands = Object.keys(commands) as KilledCommand[]

interface Ended {
  readonly code: number | null
  readonly errors: string
  readonly milliseconds: number
}

function run(args: readonly string[], killAfter?: number): Promise<Ended> {
  return new Promise(resolve => {
    const started = performance.now()
    const child = spawn(process.execPath, ['--conditions=@mixflow/source', '--import=tsx', ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
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

/** Name -> sha256 of what is compared; the names alone of the rest. */
function contentOf(folder: string, { compared }: Killed): Readonly<Record<string, string>> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
  const entries = files.map(file => {
    const full = join(file.parentPath, file.name)
    const sum = compared.test(file.name) ? createHash('sha256').update(readFileSync(full)).digest('hex') : 'there'
    return [relative(folder, full), sum] as const
  })
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

export interface KillReport {
  readonly kills: number
  /** What was found wrong, with the moment of the kill. */
  readonly failures: readonly string[]
}

/** @param seed draws the moments, evenly over the time that the command takes undisturbed */
export async function killOften(
  command: KilledCommand,
  { seed, kills }: { readonly seed: number; readonly kills: number },
): Promise<KillReport> {
  const folder = mkdtempSync(join(tmpdir(), 'mixflow-kill-'))
  try {
    for (const [name, bytes] of await smallModel()) {
      mkdirSync(dirname(join(folder, 'model', name)), { recursive: true })
      writeFileSync(join(folder, 'model', name), bytes)
    }
    const killed: Killed = commands[command]
    if (command === 'export') await whole(commands.train.args(join(folder, 'run'), false))
    const undisturbed = join(folder, 'undisturbed')
    const { milliseconds } = await whole(killed.args(undisturbed, false))
    const expected = contentOf(undisturbed, killed)
    const { below } = random(`${seed} ${command}`)
    const failures: string[] = []
    for (let i = 0; i < kills; i++) {
      const out = join(folder, `out-${i}`)
      const moment = below(Math.ceil(milliseconds))
      await run(killed.args(out, false), moment)
      // a run that was killed before its first checkpoint begins anew
      const again = await run(killed.args(out, true))
      const { code, errors } = again.code === 0 ? again : await run(killed.args(out, false))
      const found = code === 0 ? contentOf(out, killed) : {}
      const wrong = [...new Set([...Object.keys(expected), ...Object.keys(found)])].filter(
        name => expected[name] !== found[name],
      )
      if (code !== 0) failures.push(`killed after ${moment} ms: ends with ${code} when run again: ${errors}`)
      else if (wrong.length > 0) failures.push(`killed after ${moment} ms: differs in ${wrong.slice(0, 5).join(', ')}`)
      rmSync(out, { recursive: true, force: true })
    }
    return { kills, failures }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function whole(args: readonly string[]): Promise<Ended> {
  const ended = await run(args)
  if (ended.code === 0) return ended
  throw new Error(`undisturbed, ${args.join(' ')} ends with ${ended.code}: ${ended.errors}`)
}
