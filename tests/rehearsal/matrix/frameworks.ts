/** Frameworks, each with the files of its own template. Those that render on a server import the SDK there as well. */
import { angularFiles } from './angular.ts'
import { body, drawModule } from './page.ts'
import type { Tool } from './tool.ts'

const nextFiles = {
  'app/layout.js': `export const metadata = { title: 'MixFlow', icons: 'data:,' }
export default function Layout({ children }) {
  return <html lang="en"><body>{children}</body></html>
}`,
  'app/page.js': `import { Images } from './images'
export default function Page() {
  return <Images />
}`,
  'app/images.js': `'use client'
import { useEffect } from 'react'
import { draw } from './draw'
export function Images() {
  useEffect(() => void draw(), [])
  return <>${body}</>
}`,
  'app/draw.js': drawModule,
}

interface NextFlags {
  readonly react: string
  /** Which of its bundlers. */
  readonly by: 'webpack' | 'Turbopack'
  readonly dev?: string
  /** null where this version builds with the other one only. */
  readonly build?: string | null
}

const next = (major: string, { react, by, dev = '', build = '' }: NextFlags): Tool => ({
  ...{ name: `Next (${by})`, major, pkg: 'next', packages: [`next@${major}`, `react@${react}`, `react-dom@${react}`] },
  files: nextFiles,
  dev: `next dev ${dev} --hostname 127.0.0.1 --port PORT`.replace('  ', ' '),
  ...(build !== null && {
    build: `next build ${build}`.trim(),
    built: { command: 'next start --hostname 127.0.0.1 --port PORT' },
  }),
})

const nuxt = (major: string): Tool => ({
  ...{ name: 'Nuxt', major, pkg: 'nuxt', node: 22, packages: [`nuxt@${major}`, 'vue', 'vue-router'] },
  files: {
    'nuxt.config.ts': `export default defineNuxtConfig({ compatibilityDate: '2025-07-15', telemetry: false, app: { head: { link: [{ rel: 'icon', href: 'data:,' }] } } })`,
    [major === '3' ? 'app.vue' : 'app/app.vue']: `<script setup>
import { draw } from './draw'
onMounted(draw)
</script>
<template><div>${body}</div></template>`,
    [major === '3' ? 'draw.js' : 'app/draw.js']: drawModule,
  },
  ...{ dev: 'nuxt dev --host 127.0.0.1 --port PORT', build: 'nuxt build' },
  built: { command: 'node .output/server/index.mjs' },
})

const astro = (major: string, node?: 22): Tool => ({
  ...{ name: 'Astro', major, pkg: 'astro', packages: [`astro@${major}`], ...(node && { node }) },
  files: {
    'astro.config.mjs': `import { defineConfig } from 'astro/config'\nexport default defineConfig({ devToolbar: { enabled: false } })`,
    'src/pages/index.astro': `<html lang="en"><head><meta charset="utf-8"><title>MixFlow</title><link rel="icon" href="data:,"></head>
<body>${body}<script>
import { draw } from '../draw.js'
draw()
</script></body></html>`,
    'src/draw.js': drawModule,
  },
  ...{ dev: 'astro dev --host 127.0.0.1 --port PORT', build: 'astro build' },
  built: { command: 'astro preview --host 127.0.0.1 --port PORT' },
})

const svelteKit = (major: string, { node, vite, plugin }: { node?: 22; vite: string; plugin: string }): Tool => ({
  name: `SvelteKit (Vite ${vite})`,
  ...{ major, pkg: '@sveltejs/kit', ...(node && { node }) },
  packages: [
    ...[`@sveltejs/kit@${major}`, `vite@${vite}`, `@sveltejs/vite-plugin-svelte@${plugin}`],
    ...['svelte@5', ...(major === '3' ? ['typescript@6'] : [])],
  ],
  files: {
    'vite.config.js': `import { sveltekit } from '@sveltejs/kit/vite'\nexport default { plugins: [sveltekit()] }`,
    'src/app.html': `<!doctype html><html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,">%sveltekit.head%</head>
<body><div style="display: contents">%sveltekit.body%</div></body></html>`,
    'src/routes/+page.svelte': `<script>
import { onMount } from 'svelte'
import { draw } from '../draw.js'
onMount(() => void draw())
</script>
<canvas></canvas><output>Loading</output>`,
    'src/draw.js': drawModule,
  },
  ...{ dev: 'vite dev --host 127.0.0.1 --port PORT', build: 'vite build' },
  built: { command: 'vite preview --host 127.0.0.1 --port PORT' },
})

const routeFiles = (from: string) => ({
  'app/root.jsx': `import { Links, Meta, Outlet, Scripts } from '${from}'
export default function App() {
  return <html lang="en"><head><meta charSet="utf-8" /><title>MixFlow</title><link rel="icon" href="data:," /><Meta /><Links /></head>
    <body><Outlet /><Scripts /></body></html>
}`,
  'app/routes/_index.jsx': `import { useEffect } from 'react'
import { draw } from '../draw.js'
export default function Index() {
  useEffect(() => void draw(), [])
  return <div>${body}</div>
}`,
  'app/draw.js': drawModule,
})

/** Each of its packages demands the others in its own version, so the version is given in full. */
const reactRouter = (version: string, vite: string, node?: 22): Tool => ({
  ...{ name: 'React Router', major: version.split('.')[0]!, pkg: '@react-router/dev', ...(node && { node }) },
  packages: [
    ...['dev', 'node', 'serve'].map(name => `@react-router/${name}@${version}`),
    ...[`react-router@${version}`, 'react@19', 'react-dom@19', 'isbot@5', `vite@${vite}`],
  ],
  files: {
    ...routeFiles('react-router'),
    'app/routes.js': `import { index } from '@react-router/dev/routes'\nexport default [index('routes/_index.jsx')]`,
    'vite.config.js': `import { reactRouter } from '@react-router/dev/vite'\nexport default { plugins: [reactRouter()] }`,
  },
  ...{ dev: 'react-router dev --host 127.0.0.1 --port PORT', build: 'react-router build' },
  built: { command: 'react-router-serve ./build/server/index.js' },
})

const remix: Tool = {
  ...{ name: 'Remix', major: '2', pkg: '@remix-run/dev' },
  packages: [
    ...['dev', 'node', 'react', 'serve'].map(name => `@remix-run/${name}@2`),
    ...['react@18', 'react-dom@18', 'isbot@4', 'vite@5'],
  ],
  files: {
    ...routeFiles('@remix-run/react'),
    'vite.config.js': `import { vitePlugin as remix } from '@remix-run/dev'\nexport default { plugins: [remix()] }`,
  },
  ...{ dev: 'remix vite:dev --host 127.0.0.1 --port PORT', build: 'remix vite:build' },
  built: { command: 'remix-serve ./build/server/index.js' },
}

const angular = (major: string, typescript: string, node?: 22): Tool => ({
  ...{ name: 'Angular', major, pkg: '@angular/build', ...(node && { node }) },
  packages: [
    ...['build', 'cli', 'compiler-cli', 'compiler', 'core', 'common', 'platform-browser'].map(
      name => `@angular/${name}@${major}`,
    ),
    ...['rxjs@7', 'tslib@2', `zone.js@0.15`, `typescript@${typescript}`],
  ],
  files: angularFiles,
  ...{ dev: 'ng serve --host 127.0.0.1 --port PORT', build: 'ng build' },
  ...{ built: { folder: 'dist/app/browser' }, env: { NG_CLI_ANALYTICS: 'false', CI: '1' } },
})

export const frameworks: readonly Tool[] = [
  next('13', { by: 'webpack', react: '18' }),
  next('14', { by: 'webpack', react: '18' }),
  next('14', { by: 'Turbopack', react: '18', dev: '--turbo', build: null }),
  next('15', { by: 'webpack', react: '19' }),
  next('15', { by: 'Turbopack', react: '19', dev: '--turbopack', build: '--turbopack' }),
  next('16', { by: 'webpack', react: '19', dev: '--webpack', build: '--webpack' }),
  next('16', { by: 'Turbopack', react: '19' }),
  nuxt('3'),
  nuxt('4'),
  ...[astro('4'), astro('5'), astro('6', 22), astro('7', 22)],
  remix,
  reactRouter('7.18.4', '7'),
  reactRouter('8.4.0', '8', 22),
  svelteKit('2', { vite: '5', plugin: '4' }),
  svelteKit('2', { vite: '7', plugin: '6' }),
  svelteKit('3', { vite: '8', plugin: '7', node: 22 }),
  ...[angular('19', '5.8'), angular('20', '5.9'), angular('21', '5.9'), angular('22', '6.0', 22)],
]
