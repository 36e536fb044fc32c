/** Bundlers, each with what its own guide has a beginner write. */
import { cdnPage, html, mainModule, moduleTag } from './page.ts'
import type { Tool } from './tool.ts'

const vite = (major: string): Tool => ({
  ...{ name: 'Vite', major, pkg: 'vite', packages: [`vite@${major}`] },
  files: { 'index.html': html(moduleTag('/src/main.ts')), 'src/main.ts': mainModule },
  ...{ dev: 'vite --host 127.0.0.1 --port PORT', build: 'vite build' },
  built: { command: 'vite preview --host 127.0.0.1 --port PORT' },
})

/** webpack and Rspack without a configuration file: src/index.js becomes dist/main.js, and public/ is served, too. */
const zeroConfig = (tool: Pick<Tool, 'name' | 'major' | 'pkg' | 'packages'>, command: string): Tool => ({
  ...tool,
  files: {
    'src/index.js': mainModule,
    'public/index.html': html('<script src="/main.js"></script>'),
    'dist/index.html': html('<script src="/main.js"></script>'),
  },
  dev: `${command} serve --mode development --host 127.0.0.1 --port PORT`,
  build: `${command} build --mode production`,
  built: { folder: 'dist' },
})

const rspack = (major: string, more: readonly string[]): Tool =>
  zeroConfig(
    {
      ...{ name: 'Rspack', major, pkg: '@rspack/core' },
      packages: [`@rspack/core@${major}`, `@rspack/cli@${major}`, ...more],
    },
    'rspack',
  )

const esbuild = (major: string): Tool => ({
  ...{ name: 'esbuild', major, pkg: 'esbuild', packages: [`esbuild@${major}`] },
  files: { 'src/main.js': mainModule, 'www/index.html': html(moduleTag('/main.js')) },
  dev: 'esbuild src/main.js --bundle --format=esm --outdir=www --servedir=www --serve=127.0.0.1:PORT',
  build: 'esbuild src/main.js --bundle --format=esm --outdir=www --minify',
  built: { folder: 'www' },
})

const rollup = (major: string): Tool => ({
  ...{ name: 'Rollup', major, pkg: 'rollup', packages: [`rollup@${major}`, '@rollup/plugin-node-resolve'] },
  files: {
    'src/main.js': mainModule,
    'www/index.html': html(moduleTag('/main.js')),
    'rollup.config.js': `import { nodeResolve } from '@rollup/plugin-node-resolve'
export default { input: 'src/main.js', output: { dir: 'www', format: 'es' }, plugins: [nodeResolve({ browser: true })] }`,
  },
  build: major === '2' ? 'rollup --config rollup.config.js' : 'rollup --config',
  built: { folder: 'www' },
})

const parcel: Tool = {
  ...{ name: 'Parcel', major: '2', pkg: 'parcel', packages: ['parcel@2'] },
  files: { 'index.html': html(moduleTag('./main.js')), 'main.js': mainModule },
  dev: 'parcel index.html --host 127.0.0.1 --port PORT',
  build: 'parcel build index.html',
  built: { folder: 'dist' },
}

/** What a CDN of npm packages serves, in a page of another host. */
const cdn: Tool = {
  ...{ name: 'No bundler, from a CDN', major: '', pkg: '@mixflow/sdk-web', packages: [] },
  ...{ files: { 'www/index.html': cdnPage }, built: { folder: 'www' } },
}

export const bundlers: readonly Tool[] = [
  ...['5', '6', '7', '8'].map(vite),
  zeroConfig(
    {
      ...{ name: 'webpack', major: '5', pkg: 'webpack' },
      packages: ['webpack@5', 'webpack-cli@7', 'webpack-dev-server@5'],
    },
    'webpack',
  ),
  rspack('1', []),
  rspack('2', ['@rspack/dev-server@2']),
  ...['0.25', '0.26', '0.27', '0.28'].map(esbuild),
  ...['2', '3', '4'].map(rollup),
  parcel,
  cdn,
]
