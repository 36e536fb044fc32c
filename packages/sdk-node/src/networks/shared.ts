/** What is made once for all who want it at the same time, and let go when the last of them has given it back. */
export interface Lease<T> {
  readonly thing: T
  /** Calling it again does nothing. */
  giveBack(): Promise<void>
}

interface Entry<T> {
  readonly thing: Promise<T>
  users: number
}

export class Shared<T extends { release(): Promise<void> }> {
  readonly #made = new Map<string, Entry<T>>()

  /** @throws what `make` throws, to all who wait for it; who comes later tries again. */
  async take(key: string, make: () => Promise<T>): Promise<Lease<T>> {
    const entry = this.#made.get(key) ?? this.#make(key, make)
    entry.users++
    const thing = await entry.thing
    let given: Promise<void> | undefined
    const giveBack = async () => {
      if (--entry.users > 0) return
      this.#made.delete(key)
      await thing.release()
    }
    return {
      thing,
      giveBack() {
        given ??= giveBack()
        return given
      },
    }
  }

  #make(key: string, make: () => Promise<T>): Entry<T> {
    const entry = { thing: make(), users: 0 }
    this.#made.set(key, entry)
    entry.thing.catch(() => this.#made.delete(key))
    return entry
  }
}
