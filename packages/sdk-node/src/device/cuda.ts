/**
 * What CUDA lacks, as far as files tell. onnxruntime-node has the CUDA provider only where it was set up, and loads it by path from
 * its own folder; CUDA's libraries, which lie beside the provider, have to be in the process by then.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'

const cudaProvider = 'libonnxruntime_providers_cuda.so'

function cudaPath(): string {
  const script = createRequire(import.meta.url).resolve('onnxruntime-node')
  return join(dirname(dirname(script)), 'bin', 'napi-v6', process.platform, process.arch, cudaProvider)
}

/** What keeps CUDA from loading; null if nothing is seen. Its libraries are loaded then. */
export function missingForCuda(): string | null {
  if (!existsSync(cudaPath())) return `${cudaProvider} is not there`
  const beside = dirname(realpathSync(cudaPath()))
  loadLibraries(beside)
  const libraries = missingLibraries(cudaPath(), beside)
  return libraries.length === 0 ? null : `these shared libraries are not found: ${libraries.join(', ')}`
}
/** Keeps a library in the process though it is no addon; a flag of glibc that Node has no name for. */
const noDelete = 0x1000

/**
 * Loads the libraries that lie beside the provider (which may be a link to elsewhere), so that it finds them though no search path
 * leads there. What cannot be loaded is what the provider will be said to lack.
 */
function loadLibraries(folder: string): void {
  const { RTLD_NOW, RTLD_GLOBAL } = constants.dlopen
  for (const name of readdirSync(folder).filter(file => /\.so\.\d/.test(file))) {
    try {
      process.dlopen({ exports: {} }, join(folder, name), RTLD_NOW | RTLD_GLOBAL | noDelete)
    } catch {} // always: it is no addon
  }
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
