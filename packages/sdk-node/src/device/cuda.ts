/**
 * What CUDA lacks, as far as files tell. onnxruntime-node has the CUDA provider only where it was set up, and loads it by path from
 * its own folder; CUDA's libraries, which lie beside the provider, have to be in the process by then.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { runtimePath } from '../runtime/onnxruntime.ts'

const cudaProvider = 'libonnxruntime_providers_cuda.so'

function cudaPath(): string {
  return join(dirname(dirname(runtimePath())), 'bin', 'napi-v6', process.platform, process.arch, cudaProvider)
}

/** Where the provider's file is, which may be reached by a link. */
const cudaFolder = (): string => dirname(realpathSync(cudaPath()))

/** What keeps CUDA from loading; null if nothing is seen. */
export function missingForCuda(): string | null {
  if (process.platform !== 'linux') return null
  if (!existsSync(cudaPath())) return `${cudaProvider} is not there`
  const libraries = missingLibraries(cudaPath(), cudaFolder())
  return libraries.length === 0 ? null : `these shared libraries are not found: ${libraries.join(', ')}`
}

/** Paths of the libraries that lie beside the provider. */
export function cudaLibraries(): string[] {
  if (!existsSync(cudaPath())) return []
  const folder = cudaFolder()
  const names = readdirSync(folder).filter(file => /\.so\.\d/.test(file))
  return names.map(name => join(folder, name))
}

/** Names of the shared libraries that a library needs and neither the system nor `beside` has; as `ldd` tells. */
function missingLibraries(library: string, beside: string): string[] {
  const path = [beside, process.env.LD_LIBRARY_PATH].filter(part => part).join(':')
  try {
    const env = { ...process.env, LD_LIBRARY_PATH: path }
    const text = execFileSync('ldd', [library], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], env })
    return [...text.matchAll(/^\s*(\S+) => not found/gm)].map(match => match[1] as string)
  } catch {
    return [] // no ldd: ONNX Runtime will tell
  }
}
