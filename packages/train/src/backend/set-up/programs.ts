/**
 * The requirements of setting up native libraries: the system, and the programs npm, pip and a C++ compiler. They are checked
 * before anything is downloaded, and one error lists all missing programs.
 */

import { spawn } from 'node:child_process'
import { MixflowError, type MixflowErrorCode } from '@mixflow/core'

export interface Setting {
  /** Environment of the programs. */
  readonly env: NodeJS.ProcessEnv
  readonly signal?: AbortSignal | undefined
}

export interface Call extends Setting {
  readonly cwd?: string
}

/** A program with its first arguments: `python3 -m pip`. */
type Program = readonly [command: string, ...first: string[]]

export interface Programs {
  readonly npm: Program
  readonly pip: Program
  readonly compiler: Program
}

export class ProgramFailed extends Error {
  /** Everything it printed. */
  readonly output: string

  constructor(command: string, output: string) {
    super(`${command} failed`)
    this.output = output
  }
}

/** Runs a program and returns its output. @throws ProgramFailed, MixflowError ABORTED */
export function runProgram([command, ...first]: Program, args: readonly string[], call: Call): Promise<string> {
  const { env, signal, cwd } = call
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...first, ...args], { cwd, env, signal, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const append = (chunk: Buffer) => {
      output += chunk.toString('utf8')
    }
    child.stdout.on('data', append)
    child.stderr.on('data', append)
    child.on('error', cause => {
      if (signal?.aborted) reject(new MixflowError('ABORTED', 'the set-up was aborted', { cause: signal.reason }))
      else reject(new ProgramFailed(command, `${output}${cause.message}`))
    })
    child.on('close', code => {
      if (code === 0) resolve(output)
      else reject(new ProgramFailed([command, ...first].join(' '), output))
    })
  })
}

const candidates: Readonly<Record<keyof Programs, readonly Program[]>> = {
  npm: [['npm']],
  pip: [['python3', '-m', 'pip'], ['pip3'], ['pip'], ['py', '-m', 'pip']],
  compiler: [['g++'], ['c++'], ['clang++']],
}

const names: Readonly<Record<keyof Programs, string>> = {
  npm: 'npm',
  pip: 'pip (of any Python 3)',
  compiler: 'a C++ compiler (g++)',
}

/** @throws MixflowError SETUP_TOOL_MISSING naming everything that is missing. */
export async function findPrograms<K extends keyof Programs>(
  kinds: readonly K[],
  setting: Setting,
): Promise<Pick<Programs, K>> {
  const found = await Promise.all(
    kinds.map(async kind => [kind, await firstThatRuns(candidates[kind], setting)] as const),
  )
  const missing = found.filter(([, program]) => program === null).map(([kind]) => kind)
  if (missing.length === 0) return Object.fromEntries(found) as unknown as Pick<Programs, K>
  throw new MixflowError('SETUP_TOOL_MISSING', `setting up needs ${missing.map(kind => names[kind]).join(' and ')}`, {
    hint: `Debian and Ubuntu: sudo apt-get install ${missing.map(kind => packages[kind]).join(' ')}`,
    details: { missing },
  })
}

const packages: Readonly<Record<keyof Programs, string>> = { npm: 'npm', pip: 'python3-pip', compiler: 'g++' }

async function firstThatRuns(programs: readonly Program[], setting: Setting): Promise<Program | null> {
  for (const program of programs) {
    try {
      await runProgram(program, ['--version'], setting)
      return program
    } catch (error) {
      if (!(error instanceof ProgramFailed)) throw error
    }
  }
  return null
}

const offline =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|Connection refused|Connection broken|name resolution|Max retries exceeded|NewConnectionError|ReadTimeout|from versions: none/i
const otherBytes = /EINTEGRITY|DO NOT MATCH THE HASHES|sha512.*integrity checksum failed/i

/** For `catch`: turns the failure of a program that downloads into a MixflowError. */
export const downloadFailed =
  (what: string) =>
  (error: unknown): never => {
    throw error instanceof ProgramFailed ? downloadError(what, error) : error
  }

function downloadError(what: string, { output }: ProgramFailed): MixflowError {
  const [code, hint]: [MixflowErrorCode, string] = otherBytes.test(output)
    ? [
        'DOWNLOAD_HASH_MISMATCH',
        'the registry returned different bytes than this version of mixflow was tested with; nothing was installed',
      ]
    : offline.test(output)
      ? [
          'DOWNLOAD_OFFLINE',
          'check the connection (npm and pip have settings for proxies and mirrors), then try again: finished downloads are not repeated',
        ]
      : ['SETUP_FAILED', 'the lines above are the output of the program']
  return new MixflowError(code, `${what} could not be downloaded`, { hint: [...reasonIn(output).split('\n'), hint] })
}

/** Why a program failed, from its output: the error that ended a Node process, else the last lines. */
export function reasonIn(output: string, count = 6): string {
  const lines = output.split('\n').filter(line => line.trim() !== '')
  const thrown = lines.find(line => /^(Uncaught )?\w*Error\b/.test(line))
  const shown = thrown === undefined ? lines.slice(-count) : [thrown]
  return shown.map(line => `  ${line}`).join('\n')
}

/** The system of this process. `isMusl`: a Linux without the GNU C library, which wheels for Linux need. */
export function thisSystem() {
  const { platform, arch } = process
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
  const isMusl = platform === 'linux' && header.glibcVersionRuntime === undefined
  return { platform, arch, isMusl, text: `${platform} on ${arch}${isMusl ? ' with musl' : ''}` }
}

/** @throws MixflowError SETUP_UNSUPPORTED unless this is Linux on x64 with the GNU C library */
export function checkLinux(what: string, elsewhere: string): void {
  const { platform, arch, isMusl, text } = thisSystem()
  if (platform === 'linux' && arch === 'x64' && !isMusl) return
  throw new MixflowError('SETUP_UNSUPPORTED', `setting up ${what} requires Linux on x64 with glibc, this is ${text}`, {
    hint: elsewhere,
    details: { platform, arch },
  })
}
