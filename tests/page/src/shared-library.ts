/** Shared libraries for tests, compiled from C, that execute a statement when they are loaded; also as a Vulkan driver. */

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Name of a C compiler; undefined if none is installed. */
export const compiler = ['cc', 'gcc', 'clang'].find(name => {
  try {
    return execFileSync(name, ['--version'], { stdio: 'ignore' }) !== undefined
  } catch {
    return false
  }
})

export interface Library {
  /** C code that runs when the library is loaded. */
  readonly statement: string
  readonly folder: string
  readonly name: string
}

/** Returns the path of the library. */
export function makeLibrary({ statement, folder, name }: Library): string {
  if (compiler === undefined) throw new Error('no C compiler is installed')
  const [source, library] = [join(folder, `${name}.c`), join(folder, `${name}.so`)]
  writeFileSync(source, `#include <stdlib.h>\n__attribute__((constructor)) static void start(void) { ${statement} }\n`)
  execFileSync(compiler, ['-shared', '-fPIC', '-o', library, source])
  return library
}

/** Returns environment variables that make the library the only Vulkan driver. */
export function makeDriver(library: Library): { readonly VK_ICD_FILENAMES: string } {
  const driver = join(library.folder, `${library.name}.json`)
  const icd = { library_path: makeLibrary(library), api_version: '1.1.0' }
  writeFileSync(driver, JSON.stringify({ file_format_version: '1.0.0', ICD: icd }))
  return { VK_ICD_FILENAMES: driver }
}

/** C code that crashes the process. */
export const crash = '*(volatile int *)0 = 0;'
