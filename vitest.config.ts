/**
 * One vitest for the whole workspace: each package is a project, and an import of a sibling resolves to its source
 * through the `@mixflow/source` condition, so that no build has to run first. `MIXFLOW_TEST_REPORT` names a file for a
 * report in JSON, beside the usual output.
 */
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = { conditions: ['@mixflow/source', 'node', 'import', 'module', 'default'] }

interface ProjectOptions {
  readonly globalSetup?: string[]
  /** How many tests of a file run at a time, where they are concurrent. */
  readonly maxConcurrency?: number
}

/** Projects whose files need a process each: they register backends of tfjs, or measure memory of the whole process. */
const isolated = ['sdk-web', 'tfjs-onnx', 'tfjs-torch', 'playground-pages', 'examples', 'tests', 'fuzz', 'rehearsal']

const project = (
  name: string,
  folder: string,
  timeout: number,
  { globalSetup = [], maxConcurrency = 2 }: ProjectOptions = {},
) => ({
  resolve: source,
  ssr: { resolve: source },
  test: {
    name,
    root: fileURLToPath(new URL(folder, import.meta.url)),
    include: ['**/*.test.ts'],
    testTimeout: timeout,
    hookTimeout: timeout,
    maxConcurrency,
    // modules are imported once for all files of a project and worker, which saves a third of the time of small files
    isolate: isolated.includes(name),
    globalSetup,
    setupFiles: [fileURLToPath(new URL('vitest.setup.ts', import.meta.url))],
  },
})

const report = process.env.MIXFLOW_TEST_REPORT

export default defineConfig({
  test: {
    maxWorkers: 2,
    ...(report ? { reporters: ['default', ['json', { outputFile: report }]] } : {}),
    projects: [
      ...readdirSync(new URL('packages', import.meta.url)).map(name => project(name, `packages/${name}`, 180_000)),
      project('playground', 'apps/playground/src', 180_000),
      project('playground-pages', 'apps/playground/e2e', 300_000, { globalSetup: ['build.ts'] }),
      project('examples', 'examples', 180_000),
      project('tests', 'tests/src', 600_000, { globalSetup: ['workspace/pack.ts'] }),
      project('fuzz', 'tests/fuzz', 180_000),
      project('rehearsal', 'tests/rehearsal', 600_000, { maxConcurrency: 3 }),
    ],
  },
})
