/**
 * The page as static files: addresses are relative, so that it works under any path (`--base /x/` makes them absolute). Siblings
 * come from their sources, so nothing has to be built first. `PLAYGROUND_CONNECT` names further origins to load models from.
 */
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defaultClientConditions, defineConfig, type Plugin } from 'vite'
import { servedModels } from './models.ts'
import { offline } from './offline.ts'
import { headers, policy } from './policy.ts'

/** Folder of model packages. */
const models = process.env.PLAYGROUND_MODELS ?? fileURLToPath(new URL('../../models', import.meta.url))
const options = { connect: process.env.PLAYGROUND_CONNECT }

/** The policy in the built page, and a `_headers` file as many static hosts read it. The dev server's own scripts would not pass it. */
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
  // small files would become data: addresses, which the policy forbids to fetch
  build: { target: 'es2022', assetsInlineLimit: 0, chunkSizeWarningLimit: 1000, modulePreload: { polyfill: false } },
  preview: { headers: headers(options) },
})
