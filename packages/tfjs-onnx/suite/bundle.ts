/**
 * tfjs-core's own specs as one file that Node can load. The package ships them as ES modules without file endings, which
 * need a bundler; `ignoreAnnotations` keeps it from dropping specs as files without side effects.
 *
 * The bundle has a copy of tfjs-core of its own. That works because tfjs keeps its engine and its registries of kernels
 * and gradients in one global object, and it means that the backend under test is loaded by Node as its users load it.
 */

import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { SuiteBackend } from './backends.ts'

const folder = dirname(fileURLToPath(import.meta.url))

/** Bundles the specs for one backend into a file: importing it declares them to jasmine. */
export async function bundleSuite({ backendName, gradients }: SuiteBackend): Promise<string> {
  // beside this package's modules, so that what stays outside of the bundle is found
  const outfile = join(folder, '..', 'node_modules', '.cache', `tfjs-core-suite-${backendName}.mjs`)
  const core = (path: string) => `@tensorflow/tfjs-core/dist/${path}`
  const environment = { name: backendName, backendName, flags: {}, isDataSync: true }
  const entry = [
    ...(gradients === 'of tfjs-core' ? [`import '${core('register_all_gradients')}'`] : []),
    `import '${core('public/chained_ops/register_all_chained_ops')}'`,
    `import { setTestEnvs } from '${core('jasmine_util')}'`,
    `setTestEnvs([${JSON.stringify(environment)}])`,
    `await import('${core('tests')}')`,
  ]
  await build({
    stdin: { contents: entry.join('\n'), resolveDir: folder },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'],
    ignoreAnnotations: true,
    external: ['jasmine-core'],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'error',
  })
  return outfile
}
