/**
 * Finds missing files of CUDA. onnxruntime-node includes the CUDA provider only after `mixflow setup cuda`, and loads it from its
 * own folder; CUDA's libraries, which are beside the provider, must be loaded into the process before.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { runtimePath } from '../onnxruntime.ts'

const cudaProvider = 'libonnxruntime_providers_cuda.so'

function cudaPath(): string {
  return join(dirname(dirname(runtimePath())), 'bin', 'napi-v6', process.platform, process.arch, cudaProvider)
}

/** The folder of the provider's file, which may be a link. */
const cudaFolder = (): string => dirname(realpathSync(cudaPath()))

/** Returns why CUDA cannot be loaded; null if nothing is found. */
export function missingForCuda(): string | null {
  if (process.platform !== 'linux') return null
  if (!existsSync(cudaPath())) return `${cudaProvider} is not installed`
  const libraries = missingLibraries(cudaPath(), cudaFolder())
  return libraries.length === 0 ? null : `these shared libraries are not found: ${libraries.join(', ')}`
}

/** Returns the paths of the libraries beside the provider. */
export function cudaLibraries(): string[] {
  if (!existsSync(cudaPath())) return []
  const folder = cudaFolder()
  const names = readdirSync(folder).filter(file => /\.so\.\d/.test(file))
  return names.map(name => join(folder, name))
}

/** Returns the shared libraries that a library needs and that `ldd` finds neither in the system nor in `beside`. */
function missingLibraries(library: string, beside: string): string[] {
  const path = [beside, process.env.LD_LIBRARY_PATH].filter(part => part).join(':')
  try {
    const env = { ...process.env, LD_LIBRARY_PATH: path }
    const text = execFileSync('ldd', [library], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], env })
    return [...text.matchAll(/^\s*(\S+) => not found/gm)].map(match => match[1] as string)
  } catch {
    return [] // no ldd: ONNX Runtime reports what is missing
  }
}
