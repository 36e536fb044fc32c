/** What a row of the matrix consists of: a tool or runtime by major version, and a project without any configuration for MixFlow. */
export interface Project {
  readonly name: string
  readonly major: string
  /** The package whose version is reported. Default: the version of Node. */
  readonly pkg?: string
  /** The major version of Node to run. Default: the one that runs the matrix, which should be the oldest supported one. */
  readonly node?: 20 | 22 | 24
  readonly packages: readonly string[]
  readonly files: Readonly<Record<string, string>>
  /** A command that serves on PORT, for development. */
  readonly dev?: string
  readonly build?: string
  /** What a user should know, for example a setting that the tool demands of every package like this one. */
  readonly remark?: string
  readonly env?: Readonly<Record<string, string>>
}

/** A project with a page that samples in the browser. */
export interface Tool extends Project {
  /**
   * How the built page is served: a folder of static files, or a command that serves on PORT. A page in a folder may name a CDN: another
   * origin, at the address in the parameter `cdn`, that has the installed packages.
   */
  readonly built?: { readonly folder: string } | { readonly command: string }
}

/** A project that samples outside of a browser: a script, or a server. */
export interface Runtime extends Project {
  /** Commands, run one after the other, that write `image.png`. */
  readonly script?: readonly string[]
  /** A command that serves on PORT what was built. */
  readonly built?: string
  /** What a server has to answer at each path: the image as a PNG file, or JSON with this error code. */
  readonly answers?: Readonly<Record<string, 'png' | { readonly code: string }>>
  /** Why this row cannot be run. */
  readonly untested?: string
}
