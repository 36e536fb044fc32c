/** Size of the code that a page and a worker load, minified and gzipped, without ONNX Runtime; and importing it on a server. */
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { expect, it } from 'vitest'

/** Bundles an entry point into one file. Sizes in kB after gzip. */
async function sizeOf(entry: string, without: readonly string[] = []) {
  const { outputFiles, metafile } = await build({
    entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
    ...{ write: false, bundle: true, minify: true, metafile: true, format: 'esm', platform: 'browser' },
    ...{ conditions: ['@mixflow/source'], external: ['onnxruntime-web/*', ...without] },
  })
  const kilobytes = gzipSync(outputFiles[0]!.contents, { level: 9 }).length / 1000
  return { kilobytes, modules: Object.keys(metafile.inputs) }
}

it('the page loads at most 15 kB, the worker at most 34 kB, and neither contains Node code or tfjs', async () => {
  const page = await sizeOf('index.ts', ['./local/*'])
  const worker = await sizeOf('worker/start.ts')
  const without = await sizeOf('local/open-model.ts')
  const [inPage, inWorker, later] = [page, worker, without].map(({ kilobytes }) => `${kilobytes.toFixed(1)} kB`)
  console.log(
    `sdk-web (gzip): ${inPage} in the page, ${inWorker} in the worker; without a worker ${later} more in the page`,
  )
  expect(page.kilobytes).toBeLessThan(15)
  expect(worker.kilobytes).toBeLessThan(34)
  expect([...page.modules, ...worker.modules].filter(name => /tfjs|sdk-node|node:/.test(name))).toEqual([])
})

it('importing it on a server has no effect, and loadModel there names sdk-node', async () => {
  const { loadModel } = await import('./index.ts')
  await expect(loadModel('/m/')).rejects.toMatchObject({
    code: 'DEVICE_UNAVAILABLE',
    hint: expect.stringContaining('@mixflow/sdk-node'),
  })
})
