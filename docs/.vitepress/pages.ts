/** Which Markdown files of the repository are pages, and the address of each. */

/** Path in the repository -> address of the page, without an ending; undefined for what is no page. */
export function pageUrl(path: string): string | undefined {
  const named: Record<string, string> = {
    'docs/index.md': '/',
    'CONTRIBUTING.md': '/contributing',
    'SECURITY.md': '/security',
    'examples/README.md': '/examples',
    'apps/playground/README.md': '/playground',
    'bench/README.md': '/bench',
  }
  if (path in named) return named[path]
  const [, packageName] = /^packages\/([\w-]+)\/README\.md$/.exec(path) ?? []
  if (packageName !== undefined) return `/packages/${packageName}`
  const [, page] = /^docs\/((?!README)[^.].*)\.md$/.exec(path) ?? []
  return page?.replace(/(^|\/)README$/, '$1')?.replace(/^/, '/')
}

/** The same as the file that VitePress would find at that address. */
export function pageFile(path: string): string {
  const address = pageUrl(path)
  return address === undefined ? path : `${address.slice(1).replace(/(^|\/)$/, '$1index')}.md`
}

/** What the search for pages leaves out, as globs. */
export const srcExclude = [
  '**/node_modules/**',
  '**/dist/**',
  '**/CHANGELOG.md',
  '{models,runs,tests,page,test-model,imported}/**',
  'examples/*/**',
  'packages/*/*/**',
  'README.md',
  'docs/README.md',
]
