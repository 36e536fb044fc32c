/** The API reference of all entries of all packages, as Markdown pages of the site; a dead link is an error. */
import { entries } from './typedoc/entries.js'

/** @type {Partial<import('typedoc').TypeDocOptions>} */
export default {
  name: 'mixflow',
  readme: 'none',
  plugin: ['typedoc-plugin-markdown', './typedoc/plugin.js'],
  entryPoints: entries.map(({ source }) => source),
  validation: { invalidLink: true, invalidPath: true, notExported: false, notDocumented: false },
  treatWarningsAsErrors: true,
  excludeInternal: true,
  excludePrivate: true,
  excludeExternals: true,
  disableGit: true,
  sourceLinkTemplate: 'https://github.com/mixflow/mixflow/blob/main/packages/{path}#L{line}',
  out: 'api',
  cleanOutputDir: true,
  // one page for each entry
  outputFileStrategy: 'modules',
  entryFileName: 'index',
  hidePageHeader: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  classPropertiesFormat: 'table',
  typeAliasPropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
  propertyMembersFormat: 'table',
  sanitizeComments: true,
  useHTMLAnchors: true,
}
