/**
 * The documentation as a website. Its pages are the Markdown files of the repository where they are (docs/, and the READMEs of
 * packages, examples and the playground), so a text exists once and reads the same on GitHub. The API reference is generated
 * by TypeDoc into docs/api. Search is local: no other server is asked.
 */
import { defineConfig } from 'vitepress'
import { entries } from '../typedoc/entries.js'
import { repositoryLinks } from './links.ts'
import { pageFile, srcExclude } from './pages.ts'

const guide = [
  ['Start', 'start'],
  ['The method', 'method'],
  ['Choose', 'choose'],
  ['Train on your own images', 'train'],
  ['Ship it', 'ship'],
  ['Errors and questions', 'errors'],
  ['Extend', 'extend'],
  ['Architecture', 'architecture'],
] as const

const packages = [...new Set(entries.map(({ name }) => name.split('/')[1] as string))]
const repository = 'https://github.com/mixflow/mixflow'

export default defineConfig({
  title: 'mixflow',
  description: 'Few-step image generation in TypeScript',
  lang: 'en',
  srcDir: '..',
  outDir: './dist',
  cacheDir: './node_modules/.cache/vitepress',
  srcExclude,
  rewrites: pageFile,
  cleanUrls: true,
  lastUpdated: false,
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  markdown: { config: md => repositoryLinks(md, repository) },
  vite: { build: { chunkSizeWarningLimit: 5000 } },
  themeConfig: {
    search: { provider: 'local' },
    outline: { level: [2, 3] },
    nav: [
      { text: 'Guide', link: '/guide/start', activeMatch: '^/(guide|glossary)' },
      { text: 'Reference', link: '/api/', activeMatch: '^/(api|packages)' },
      { text: 'Models', link: '/zoo' },
      { text: 'Playground', link: '/playground' },
    ],
    sidebar: [
      {
        text: 'Guide',
        items: [
          ...guide.map(([text, page]) => ({ text, link: `/guide/${page}` })),
          { text: 'Glossary', link: '/glossary' },
        ],
      },
      {
        text: 'Results',
        items: [
          { text: 'Published models', link: '/zoo' },
          { text: 'Experiments', link: '/experiments' },
          { text: 'Benchmarks', link: '/benchmarks' },
          { text: 'TensorFlow.js suite', link: '/tfjs-core-suite' },
        ],
      },
      { text: 'Packages', collapsed: true, items: packages.map(name => ({ text: name, link: `/packages/${name}` })) },
      {
        text: 'API reference',
        collapsed: true,
        items: entries.map(({ name }) => ({ text: name.replace('@mixflow/', ''), link: `/api/${name}` })),
      },
      {
        text: 'Project',
        items: [
          { text: 'Examples', link: '/examples' },
          { text: 'Playground', link: '/playground' },
          { text: 'Contributing', link: '/contributing' },
          { text: 'Security', link: '/security' },
          { text: 'Decisions', link: '/decisions/' },
        ],
      },
    ],
    socialLinks: [{ icon: 'github', link: repository }],
    footer: { message: 'MIT licence' },
  },
})
