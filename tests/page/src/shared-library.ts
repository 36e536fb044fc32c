/** Shared libraries made for a test, each of which does something as soon as it is loaded; one can be the only driver of Vulkan. */

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A compiler of C; undefined where there is none. */
export const compiler = ['cc', 'gcc', 'clang'].find(name => {
  try {
    return execFileSync(name, ['--version'], { stdio: 'ignore' }) !== undefined
  } catch {
    return false
  }
})

export interface Library {
  /** What it does, in C. */
  readonly statement: string
  readonly folder: string
  readonly name: string
}

/** @returns its path */
export function makeLibrary({ statement, folder, name }: Library): string {
  if (compiler === undefined) throw new Error('there is no compiler of C')
  const [source, library] = [join(folder, `${name}.c`), join(folder, `${name}.so`)]
  writeFileSync(source, `#include <stdlib.h>\n__attribute__((constructor)) static void start(void) { ${statement} }\n`)
  execFileSync(compiler, ['-shared', '-fPIC', '-o', library, source])
  return library
}

/** @returns variables of an environment in which the library is the only driver of Vulkan */
export function makeDriver(library: Library): { readonly VK_ICD_FILENAMES: string } {
  const driver = join(library.folder, `${library.name}.json`)
  const icd = { library_path: makeLibrary(library), api_version: '1.1.0' }
  writeFileSync(driver, JSON.stringify({ file_format_version: '1.0.0', ICD: icd }))
  return { VK_ICD_FILENAMES: driver }
}

/** In C: what a fault of its own does to a process. */
export const crash = '*(volatile int *)0 = 0;'
