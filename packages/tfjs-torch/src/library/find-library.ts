/**
 * Where libtorch is: the folder `torch/lib` of a wheel. Looked for in this order: the option, the variable TORCH_LIB, the folders that
 * the caller knows of (what `mixflow setup torch` has made), and the Python environment that is active.
 */

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { TorchBackendError } from '../errors.ts'
import { libraryFile } from './libtorch.ts'

export interface FindOptions {
  /** The folder itself: nothing else is tried. */
  readonly library?: string | undefined
  /** Folders to try after TORCH_LIB. */
  readonly folders?: readonly string[] | undefined
  /** Environment of this process and of Python. Default: `process.env` */
  readonly env?: NodeJS.ProcessEnv | undefined
}

/** How to get it, for errors. */
export const installHint =
  'install it with `mixflow setup torch` or `pip install torch`, or set TORCH_LIB to the folder torch/lib of a wheel'

/** @throws TorchBackendError LIBRARY_MISSING naming where it was looked for */
export async function findLibrary({ library, folders = [], env = process.env }: FindOptions = {}): Promise<string> {
  const chosen = library ?? env.TORCH_LIB
  if (chosen !== undefined && chosen !== '') {
    if (holds(chosen)) return chosen
    const what = library === undefined ? 'TORCH_LIB' : 'library'
    throw missing(`${what} is ${chosen}, which has no ${libraryFile()}`)
  }
  const known = folders.find(holds)
  if (known !== undefined) return known
  const fromPython = await folderOfPython(env)
  if (fromPython !== null && holds(fromPython)) return fromPython
  const tried = [...folders, fromPython ?? 'the package torch of python3']
  throw missing(`libtorch was not found in ${tried.join(', ')}`)
}

const missing = (message: string) => new TorchBackendError('LIBRARY_MISSING', message, { hint: installHint })

const holds = (folder: string): boolean => existsSync(join(folder, libraryFile()))

/** Without importing torch, which takes seconds. */
const question =
  "import importlib.util as u, os; s = u.find_spec('torch'); print(os.path.join(os.path.dirname(s.origin), 'lib') if s else '')"

async function folderOfPython(env: NodeJS.ProcessEnv): Promise<string | null> {
  for (const python of process.platform === 'win32' ? ['python', 'py'] : ['python3', 'python']) {
    const answer = await promisify(execFile)(python, ['-c', question], { env, timeout: 20_000 }).catch(() => null)
    const folder = answer?.stdout.trim()
    if (folder) return folder
  }
  return null
}
