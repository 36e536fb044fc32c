/**
 * Builds the page as static files. URLs are relative, so it works under any path (`--base /x/` makes them absolute). Workspace packages are
 * imported from their sources, so nothing has to be built first. `PLAYGROUND_CONNECT` allows other origins to load models from.
 */
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defaultClientConditions, defineConfig, type Plugin } from 'vite'
import { servedModels } from './models.ts'
import { offline } from './offline.ts'
import { headers, policy } from './policy.ts'

/** Folder of models. */
const models = process.env.PLAYGROUND_MODELS ?? fileURLToPath(new URL('../../models', import.meta.url))
const options = { connect: process.env.PLAYGROUND_CONNECT }

/** Adds the policy to the built page, and a `_headers` file for static hosts. The development server's scripts would violate it. */
const withPolicy: Plugin = {
  name: 'policy',
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      attrs: { 'http-equiv': 'Content-Security-Policy', content: policy(options) },
      injectTo: 'head-prepend',
    },
  ],
  generateBundle() {
    const lines = Object.entries(headers(options)).map(([name, value]) => `  ${name}: ${value}`)
    this.emitFile({ type: 'asset', fileName: '_headers', source: `/*\n${lines.join('\n')}\n` })
  },
}

export default defineConfig({
  base: './',
  plugins: [react(), withPolicy, servedModels(models), offline],
  resolve: { conditions: ['@mixflow/source', ...defaultClientConditions] },
  worker: { format: 'es' },
  // Vite would inline small files as data: URLs, which the policy blocks
  build: { target: 'es2022', assetsInlineLimit: 0, chunkSizeWarningLimit: 1000, modulePreload: { polyfill: false } },
  preview: { headers: headers(options) },
})
