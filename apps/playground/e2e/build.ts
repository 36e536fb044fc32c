/** Builds the page once for all end-to-end tests, as it would be published. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findChromium } from '@mixflow/page'
import { build } from 'vite'
import type { TestProject } from 'vitest/node'
import { writeModels } from './fixtures/served-models.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of Chromium and the folder of the built page; null without Chromium. */
    built: { readonly chromium: string; readonly folder: string } | null
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const chromium = findChromium()
  const folder = await mkdtemp(join(tmpdir(), 'mixflow-playground-'))
  if (chromium !== null) {
    const root = fileURLToPath(new URL('..', import.meta.url))
    const models = join(folder, '..', `${basename(folder)}-models`)
    await writeModels(models)
    const { NODE_ENV } = process.env // vitest's value would select React's development build
    process.env.NODE_ENV = 'production'
    process.env.PLAYGROUND_MODELS = models
    await build({ root, logLevel: 'error', build: { outDir: folder, emptyOutDir: true } })
    process.env.NODE_ENV = NODE_ENV
    delete process.env.PLAYGROUND_MODELS
    await rm(models, { recursive: true })
  }
  project.provide('built', chromium === null ? null : { chromium, folder })
  return () => rm(folder, { recursive: true, force: true })
}
