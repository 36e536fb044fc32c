/**
 * Installs PyTorch for the benchmarks with pip, once, into a virtual environment in the user's cache folder. The project does not depend on
 * it. On Linux the default index has only the build for CUDA, which is as fast on a CPU as the smaller CPU build; PIP_INDEX_URL selects
 * another index.
 */

import { execFile } from 'node:child_process'
import { access, mkdir, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** As in the documentation. */
const version = '2.15.0'

const folder = (): string => {
  const cache = process.env.MIXFLOW_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'mixflow')
  return join(resolve(cache), 'bench', `pytorch-${version}`)
}

const isWindows = process.platform === 'win32'

/** The environment without settings of numerical libraries, which may slow PyTorch down. */
export function environment(): NodeJS.ProcessEnv {
  const tuned = /^(OPENBLAS|OMP|MKL|GOMP|KMP|DNNL|ONEDNN)_/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !tuned.test(name)))
}

/** Returns the path of a Python with PyTorch. @throws Error if there is no Python, or pip fails */
export async function pytorchPython(): Promise<string> {
  const root = folder()
  const python = join(root, isWindows ? 'Scripts/python.exe' : 'bin/python')
  const complete = join(root, 'complete')
  if (await exists(complete)) return python
  await rm(root, { recursive: true, force: true })
  await mkdir(root, { recursive: true })
  console.log(`installing PyTorch ${version} into ${root} (once; up to 3 GB to download)`)
  await attempt(isWindows ? 'python' : 'python3', ['-m', 'venv', root])
  await attempt(python, ['-m', 'pip', 'install', '--quiet', '--no-compile', `torch==${version}`])
  await writeFile(complete, '')
  return python
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

async function attempt(command: string, args: readonly string[]): Promise<void> {
  await run(command, args, { env: environment(), maxBuffer: 2 ** 26 }).catch((cause: Error & { stderr?: string }) => {
    const reason = cause.stderr?.trim().split('\n').at(-1) || cause.message
    throw new Error(
      `PyTorch requires Python 3.10 or newer with venv and pip; ${command} ${args.join(' ')}: ${reason}`,
      {
        cause,
      },
    )
  })
}
