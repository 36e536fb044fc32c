/**
 * Tries an MPI library in a child process before it is loaded here, because a wrong constant ends a process. What worked is recorded in
 * the user's cache by path, size and time of the file, and not tried again.
 */

import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MpiError } from '../errors.ts'
import { installHint } from './find-library.ts'
import { withoutLauncher } from './launcher.ts'
import type { Abi } from './load-library.ts'

export interface LibraryFacts {
  /** Such as 'Open MPI v4.1.4'. */
  readonly version: string
  readonly abi: Abi
}

/** Raised when the trial itself changes. */
const trial = 1

const cacheFolder = (): string =>
  join(process.env.MIXFLOW_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'mixflow'), 'mpi')

/** @throws MpiError LIBRARY_UNSUPPORTED with what the child process printed */
export async function tryLibrary(path: string): Promise<LibraryFacts> {
  const { size, mtimeMs } = await stat(path)
  const key = createHash('sha256')
    .update(JSON.stringify([trial, process.version, path, size, mtimeMs]))
    .digest('hex')
  const record = join(cacheFolder(), `${key.slice(0, 32)}.json`)
  const known = await readFacts(record)
  if (known !== null) return known
  const facts = await inChild(path)
  await remember(record, facts)
  return facts
}

/** The record saves time and nothing else: a folder that cannot be written is no fault. All ranks may write it at once. */
async function remember(record: string, facts: LibraryFacts): Promise<void> {
  const part = `${record}.${process.pid}`
  await mkdir(cacheFolder(), { recursive: true })
    .then(() => writeFile(part, JSON.stringify(facts)))
    .then(() => rename(part, record))
    .catch(() => {})
}

async function readFacts(path: string): Promise<LibraryFacts | null> {
  try {
    const facts = JSON.parse(await readFile(path, 'utf8')) as LibraryFacts
    return typeof facts.version === 'string' && typeof facts.abi === 'string' ? facts : null
  } catch {
    return null
  }
}

function inChild(path: string): Promise<LibraryFacts> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const script = fileURLToPath(new URL(`trial.${extension}`, import.meta.url))
  const args = [...loaders(process.execArgv), script, path]
  // a world of one rank: not one of the launcher's, and without a daemon of Open MPI
  const env = { ...withoutLauncher(process.env), OMPI_MCA_ess_singleton_isolated: '1' }
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { env, timeout: 120_000 }, (error, stdout, stderr) => {
      const line = stdout.split('\n').find(one => one.startsWith('{'))
      if (line !== undefined) return resolve(JSON.parse(line))
      const lines = stderr.split('\n').filter(one => one.trim() !== '')
      const thrown = lines.find(one => /^\w*Error\b/.test(one))
      const reason = thrown ?? (lines.slice(-4).join('\n') || String(error))
      reject(new MpiError('LIBRARY_UNSUPPORTED', `${path} failed in a trial:\n${reason}`, { hint: installHint }))
    })
  })
}

const loader = /^(--import|--require|-r|--loader|--experimental-loader|--conditions|-C)$/

/** The arguments of Node without which a program in TypeScript does not run. Others, such as `--eval`, are the program itself. */
function loaders(args: readonly string[]): string[] {
  return args.flatMap((arg, i) => {
    if (loader.test(arg)) return [arg, args[i + 1] ?? '']
    const [name = ''] = arg.split('=', 1)
    return (arg.includes('=') && loader.test(name)) || name.startsWith('--experimental-') ? [arg] : []
  })
}
