/** How the sources start their worker: by the form that bundlers know. The build puts worker-script.built.ts in its place. */

/** Ways to start the worker, the best first. */
export async function* workerScripts(): AsyncGenerator<() => Worker> {
  yield () => new Worker(new URL('../worker/start.js', import.meta.url), { type: 'module', name: 'mixflow' })
}

/** Returns the address of a script that a thread of WebAssembly can run; undefined: ONNX Runtime's own. */
export async function threadScript(): Promise<string | undefined> {
  return undefined
}
