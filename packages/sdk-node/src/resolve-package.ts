/**
 * Finds installed packages at run time, also from a bundle. Bundlers change `import.meta.url` and replace every
 * `require.resolve` that they can analyse, so packages are resolved dynamically: from this file, from the program that was
 * started, and from the working directory.
 */
import nodeModule from 'node:module'
import { join } from 'node:path'

/**
 * Not called by its name, which bundlers would follow, and read from the default export: in the webpack of Next 15 the namespace
 * of this module has no other exports, because the module is a function.
 */
const requireOf: typeof nodeModule.createRequire = Reflect.get(nodeModule, 'createRequire')

const origins = () => [import.meta.url, process.argv[1], join(process.cwd(), 'index.js')]

/** Returns the path of a package's file, such as `onnxruntime-node` or `@you/model/mixflow.json`; undefined if not installed. */
export function resolvePackage(specifier: string): string | undefined {
  for (const from of origins()) {
    try {
      if (from) return requireOf(from).resolve(specifier)
    } catch {}
  }
  return undefined
}

/** Returns the path of a loaded CommonJS module by its ending; undefined if there is none, or the runtime does not list them. */
export function loadedModule(ending: RegExp): string | undefined {
  const { cache } = requireOf(join(process.cwd(), 'index.js'))
  return Object.keys(cache ?? {}).find(path => ending.test(path))
}
