/** Writes `sw.js` of the built page: the service worker, preceded by the list of files. */
import { createHash } from 'node:crypto'
import type { Plugin, Rolldown } from 'vite'
import type { PageFiles } from './src/offline/service-worker.ts'

const worker = 'sw.js'
/** Files that are copied, not bundled. */
const copied = ['theme.js', 'icon.svg', 'images/mnist.png']
/** Larger WebAssembly files are runtimes, which are cached when a model has used them. */
const maxPageFileBytes = 2e6

export const offline: Plugin = {
  name: 'offline',
  apply: 'build',
  buildStart() {
    this.emitFile({ type: 'chunk', id: '/src/offline/service-worker.ts', fileName: worker })
  },
  generateBundle: {
    order: 'post',
    handler(_, bundle) {
      const script = bundle[worker] as Rolldown.OutputChunk
      const files = pageFiles(bundle)
      script.code = `const pageFiles = ${JSON.stringify(files)};\n${script.code}`
    },
  },
}

function pageFiles(bundle: Rolldown.OutputBundle): PageFiles {
  const contents = Object.values(bundle)
    .filter(({ fileName }) => fileName !== worker && fileName !== '_headers')
    .map(file => ({ name: file.fileName, content: file.type === 'chunk' ? file.code : file.source }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const hash = createHash('sha256')
  for (const { name, content } of contents) hash.update(name).update(content)
  const isRuntime = ({ name, content }: (typeof contents)[number]) =>
    /\.wasm$/.test(name) && content.length > maxPageFileBytes
  const isOfModel = ({ name }: (typeof contents)[number]) => /^models\/.*(?<!\.json)$/.test(name)
  const runtimes = contents.filter(isRuntime).map(({ name }) => name)
  return {
    version: hash.digest('hex').slice(0, 16),
    files: [
      './',
      ...copied,
      ...contents
        .filter(file => !isRuntime(file) && !isOfModel(file) && file.name !== 'index.html')
        .map(({ name }) => name),
    ],
    runtimes: {
      wasm: runtimes.filter(name => !/asyncify|jsep|jspi/.test(name)),
      webgpu: runtimes.filter(name => /asyncify|jsep|jspi/.test(name)),
    },
  }
}
