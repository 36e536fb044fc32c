/**
 * Links between files of the repository, as they work on GitHub, become links between pages of the site; a link to a file
 * that is no page (a source, a folder, a model card) leads to GitHub. A link to a file that does not exist is an error.
 */
import { existsSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { MarkdownRenderer } from 'vitepress'
import { pageUrl } from './pages.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

export function repositoryLinks(md: MarkdownRenderer, repository: string): void {
  md.core.ruler.push('repository-links', ({ tokens, env }) => {
    for (const link of tokens.flatMap(({ children }) => children ?? []).filter(({ type }) => type === 'link_open')) {
      const href = link.attrGet('href') ?? ''
      if (/^([a-z]+:|#|\/)/.test(href)) continue
      link.attrSet('href', resolve(decodeURIComponent(href), env.realPath ?? env.path, repository))
    }
  })
}

function resolve(href: string, file: string, repository: string): string {
  const [target = '', anchor] = href.split('#')
  const full = join(dirname(file), target)
  if (!existsSync(full)) throw new Error(`${relative(root, file)}: the link ${href} leads nowhere`)
  const path = relative(root, full).replaceAll('\\', '/')
  const isFolder = statSync(full).isDirectory()
  const page = pageUrl(isFolder ? `${path}/README.md` : path)
  const address = page ?? `${repository}/${isFolder ? 'tree' : 'blob'}/main/${path}`
  return anchor === undefined ? address : `${address}#${anchor}`
}
