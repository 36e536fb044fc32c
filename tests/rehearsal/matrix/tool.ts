/** A row of the matrix: a tool by major version, and a project as its own template makes it, without any configuration for MixFlow. */
export interface Tool {
  readonly name: string
  readonly major: string
  /** The package whose version is reported. */
  readonly pkg: string
  /** The major version of Node that the tool needs, where that is not the oldest supported one. */
  readonly node?: 22 | 24
  readonly packages: readonly string[]
  readonly files: Readonly<Record<string, string>>
  /** A command that serves the page on PORT. */
  readonly dev?: string
  readonly build?: string
  /**
   * A folder of static files, or a command that serves on PORT what was built. A folder's page may name a CDN: another origin, at the
   * address of its parameter `cdn`, that has the installed packages.
   */
  readonly built?: { readonly folder: string } | { readonly command: string }
  /** What a user should know: the configuration that the tool demands of any such package. */
  readonly remark?: string
  readonly env?: Readonly<Record<string, string>>
}
