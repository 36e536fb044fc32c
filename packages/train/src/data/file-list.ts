/** The files of a folder or a zip, before anything is known of what they are. */

/** A file of a data set, readable on its own. */
export interface DataFile {
  /** Path below the folder or inside the zip, with `/`. */
  readonly name: string
  readonly bytes: number
  /** At most `length` first bytes. */
  head(length: number): Promise<Uint8Array>
  read(): Promise<Uint8Array>
}

/** Files that are not part of the data set, and why. */
export interface LeftOut {
  /** Completes "left out: 3 …", such as `links to nothing`. */
  readonly reason: string
  /** All of them, sorted. A folder, left out as a whole, ends in `/`. */
  readonly names: readonly string[]
}

export interface FileList {
  /** Sorted by name (code units, so that the order is the same everywhere). */
  readonly files: readonly DataFile[]
  readonly leftOut: readonly LeftOut[]
  /** What a person should know of how the files were read, one sentence each. */
  readonly notes: readonly string[]
  close(): Promise<void>
}

/** Collects what is left out, by reason. */
export class LeftOutFiles {
  readonly #byReason = new Map<string, Set<string>>()

  add(reason: string, ...names: readonly string[]): void {
    const known = this.#byReason.get(reason) ?? new Set()
    for (const name of names) known.add(name)
    this.#byReason.set(reason, known)
  }

  /** Takes a name back, which turned out to be of use. */
  remove(reason: string, name: string): void {
    this.#byReason.get(reason)?.delete(name)
  }

  list(): LeftOut[] {
    return [...this.#byReason].flatMap(([reason, names]) =>
      names.size === 0 ? [] : [{ reason, names: [...names].sort() }],
    )
  }
}

export const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : 0
