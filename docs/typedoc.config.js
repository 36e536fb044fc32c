/** The reference of all entries of all packages, from their docstrings; a link that leads nowhere is an error. */
import { entries } from './typedoc/entries.js'

/** @type {Partial<import('typedoc').TypeDocOptions>} */
export default {
  name: 'mixflow',
  readme: 'none',
  plugin: ['./typedoc/plugin.js'],
  entryPoints: entries.map(({ source }) => source),
  validation: { invalidLink: true, invalidPath: true, notExported: false, notDocumented: false },
  treatWarningsAsErrors: true,
  excludeInternal: true,
  excludePrivate: true,
  excludeExternals: true,
  disableGit: true,
  sourceLinkTemplate: 'https://github.com/mixflow/mixflow/blob/main/{path}#L{line}',
  out: 'api',
}
