/** Compiles a program that imports every entry of every installed package, with a given version of TypeScript. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from './run.ts'
import { packages, root } from './workspace.ts'

/** TypeScript's module resolution -> module. */
export const resolutions = { nodenext: 'nodenext', node16: 'node16', bundler: 'esnext' } as const

/** Uses of images that must compile with every version: bytes are not shared memory. */
const use = `
const model = await $sdkNode.loadModel('mnist')
const image = (await model.sample({ count: 1 })).images[0]!
const { data, width, height } = image.toImageData()
export const used = [
  new Response(await image.toPng()), new Response(await image.toBuffer()), new Response(await image.toBlob()),
  await image.toResponse({ status: 201 }), new Response($sdkNode.encodePng(image)), new Response(image.toBytes()),
  new Blob([image.toRaw().data]), new ImageData(data, width, height),
  (await model.sample({ count: 2 })).images.length,
]
`

const required = `
import sdk = require('@mixflow/sdk-node')
export const load = async (): Promise<sdk.NodeModel> => sdk.loadModel('mnist', { workers: 1 } satisfies sdk.LoadModelOptions)
export const isOurs = (error: unknown): error is sdk.MixflowError => sdk.MixflowError.is(error)
`

/**
 * Returns the errors in this program and in our packages. Declarations of other packages are ignored.
 *
 * @param compiler folder of a version of TypeScript
 * @param project folder where all packages are installed
 */
export async function typeProblems(compiler: string, resolution: keyof typeof resolutions, project: string) {
  const entries = packages.flatMap(({ manifest }) => {
    const names = Object.entries(manifest.exports ?? {}).filter(([, to]) => typeof to === 'object' && 'types' in to)
    return names.map(([entry]) => join(manifest.name, entry))
  })
  // $ because there is a package "export"
  const nameOf = (entry: string) =>
    `$${entry.slice('@mixflow/'.length).replace(/[-/.]+(\w)/g, (_, letter) => letter.toUpperCase())}`
  const imports = entries.map(entry => `import * as ${nameOf(entry)} from '${entry}'`)
  const name = `types-${resolution}`
  await writeFile(
    join(project, `${name}.mts`),
    `${imports.join('\n')}\nexport { ${entries.map(nameOf).join(', ')} }\n${use}`,
  )
  await writeFile(join(project, `${name}.cts`), required)
  const compilerOptions = {
    ...{ strict: true, noEmit: true, target: 'es2022', moduleResolution: resolution, module: resolutions[resolution] },
    ...{ lib: ['es2023', 'dom', 'dom.iterable', 'esnext.disposable'], types: ['node'] },
    typeRoots: [join(root, 'node_modules', '@types')],
  }
  // bundlers do not support `import = require`
  const files = resolution === 'bundler' ? [`${name}.mts`] : [`${name}.mts`, `${name}.cts`]
  await writeFile(join(project, `${name}.json`), JSON.stringify({ compilerOptions, files }))
  const options = { cwd: project, env: process.env }
  const output = await run(
    process.execPath,
    [join(compiler, 'bin', 'tsc'), '-p', `${name}.json`, '--pretty', 'false'],
    options,
  )
    .then(() => '')
    .catch((error: Error) => error.message)
  return output.split('\n').filter(line => /error TS/.test(line) && /^types-|@mixflow|^error/.test(line))
}
