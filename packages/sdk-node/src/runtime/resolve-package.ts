/**
 * Where an installed package is, at run time and whatever became of this file: bundlers write another value for `import.meta.url`, and
 * replace a `require.resolve` that they can read by a number of their own. So what is resolved, and from where, is decided as
 * the program runs: from here, from the program that was started, and from the working directory.
 */
import nodeModule from 'node:module'
import { join } from 'node:path'

/**
 * Bundlers follow this function where it is called by its name. It is read from the default export: in the webpack of Next 15 a namespace of this
 * module has no other names, because the module is a function.
 */
const requireOf: typeof nodeModule.createRequire = Reflect.get(nodeModule, 'createRequire')

const places = () => [import.meta.url, process.argv[1], join(process.cwd(), 'index.js')]

/** Path of a file of a package, `onnxruntime-node` or `@you/model/mixflow.json`; undefined where it is not installed. */
export function resolvePackage(specifier: string): string | undefined {
  for (const from of places()) {
    try {
      if (from) return requireOf(from).resolve(specifier)
    } catch {}
  }
  return undefined
}

/** Path of the CommonJS module of this process that ends so; undefined where none was loaded, or the platform does not tell. */
export function loadedModule(ending: RegExp): string | undefined {
  const { cache } = requireOf(join(process.cwd(), 'index.js'))
  return Object.keys(cache ?? {}).find(path => ending.test(path))
}
