/**
 * Tries a libtorch in a child process before it is loaded here, because a wrong call into C ends a process. What worked is recorded in the
 * user's cache by path, size and time of the file, and not tried again.
 */

import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TorchBackendError } from '../errors.ts'
import { installHint } from './find-library.ts'
import { type DeviceName, libraryFile } from './libtorch.ts'

export interface LibraryFacts {
  /** Such as '2.15'. */
  readonly version: string
  /** Devices that this library computes on here, the CPU among them. */
  readonly devices: readonly DeviceName[]
}

/** Raised when the trial itself changes. */
const trial = 1

const cacheFolder = (): string =>
  process.env.MIXFLOW_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'mixflow')

/** @throws TorchBackendError LIBRARY_UNSUPPORTED with what the child process printed */
export async function tryLibrary(folder: string): Promise<LibraryFacts> {
  const path = join(folder, libraryFile())
  const { size, mtimeMs } = await stat(path)
  const key = createHash('sha256')
    .update(JSON.stringify([trial, process.version, path, size, mtimeMs]))
    .digest('hex')
  const record = join(cacheFolder(), 'libtorch', `${key.slice(0, 32)}.json`)
  const known = await readFacts(record)
  if (known !== null) return known
  const facts = await inChild(folder)
  // the record saves time and nothing else: a folder that cannot be written is no fault
  await mkdir(join(cacheFolder(), 'libtorch'), { recursive: true })
    .then(() => writeFile(record, JSON.stringify(facts)))
    .catch(() => {})
  return facts
}

async function readFacts(path: string): Promise<LibraryFacts | null> {
  try {
    const facts = JSON.parse(await readFile(path, 'utf8')) as LibraryFacts
    return typeof facts.version === 'string' && Array.isArray(facts.devices) ? facts : null
  } catch {
    return null
  }
}

function inChild(folder: string): Promise<LibraryFacts> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const script = fileURLToPath(new URL(`trial.${extension}`, import.meta.url))
  // sources need the loaders of this process; the built script runs alone, without what `node --eval` or a debugger was given
  const loaders = extension === 'ts' ? process.execArgv.filter(arg => !arg.startsWith('--inspect')) : []
  const args = [...loaders, script, folder]
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { timeout: 120_000 }, (error, stdout, stderr) => {
      const line = stdout.split('\n').find(one => one.startsWith('{'))
      if (line !== undefined) return resolve(JSON.parse(line))
      const reason = stderr
        .trim()
        .split('\n')
        .filter(one => one !== '')
        .slice(-4)
        .join('\n')
      reject(
        new TorchBackendError(
          'LIBRARY_UNSUPPORTED',
          `${join(folder, libraryFile())} failed in a trial:\n${reason || error}`,
          {
            hint: installHint,
          },
        ),
      )
    })
  })
}
