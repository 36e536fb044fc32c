/** How the sources start their worker: in the form that bundlers recognize. The build replaces this file by worker-script.built.ts. */

/** Yields ways to start the worker, the preferred one first. */
export async function* workerScripts(): AsyncGenerator<() => Worker> {
  yield () => new Worker(new URL('../worker/start.js', import.meta.url), { type: 'module', name: 'mixflow' })
}

/** Returns the URL of a script that WebAssembly threads run; undefined: ONNX Runtime's own. */
export async function threadScript(): Promise<string | undefined> {
  return undefined
}
