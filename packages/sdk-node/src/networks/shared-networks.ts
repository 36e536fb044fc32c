/** Open networks, shared by models of the same files, device and threads, and released with the last of these models. */
import type { Network } from '@mixflow/core/internal'
import type { Graph, NetworkHost } from './network-host.ts'

/** The networks of a model, open on one host. */
export class OpenNetworks {
  readonly denoiser: Network
  readonly #host: NetworkHost
  #encoder: Promise<Network> | undefined

  private constructor(host: NetworkHost, denoiser: Network) {
    this.#host = host
    this.denoiser = denoiser
  }

  /** Opens the denoiser. @throws MixflowError MODEL_INVALID, and closes the host */
  static async open(host: NetworkHost, bytes: Uint8Array, graph: Graph): Promise<OpenNetworks> {
    try {
      return new OpenNetworks(host, await host.open(bytes, graph))
    } catch (error) {
      await host.close()
      throw error
    }
  }

  get queue() {
    return this.#host.queue
  }

  /** Opens the encoder at the first call; all callers have the same file. */
  encoder(bytes: Uint8Array, graph: Graph): Promise<Network> {
    this.#encoder ??= this.#host.open(bytes, graph).catch(error => {
      this.#encoder = undefined
      throw error
    })
    return this.#encoder
  }

  async release(): Promise<void> {
    await this.denoiser.release()
    await (await this.#encoder?.catch(() => undefined))?.release()
    await this.#host.close()
  }
}

export interface Shared<T> {
  readonly value: T
  /** Releases the value with the last of its users. Calling it again does nothing. */
  release(): Promise<void>
}

/** Values by key, each created once and released with its last user. */
export class SharedValues<T extends { release(): Promise<void> }> {
  readonly #entries = new Map<string, { readonly value: Promise<T>; users: number }>()

  /** @throws what `create` throws, to all who wait for it; later calls try again */
  async take(key: string, create: () => Promise<T>): Promise<Shared<T>> {
    const entry = this.#entries.get(key) ?? { value: create(), users: 0 }
    this.#entries.set(key, entry)
    entry.users++
    const value = await entry.value.catch(error => {
      this.#entries.delete(key)
      throw error
    })
    const release = async () => {
      if (--entry.users > 0) return
      this.#entries.delete(key)
      await value.release()
    }
    let released: Promise<void> | undefined
    return {
      value,
      release() {
        released ??= release()
        return released
      },
    }
  }
}

const networks = new SharedValues<OpenNetworks>()

/** @param facts all that makes networks the same: checksums, device, threads */
export const shareNetworks = (
  facts: readonly unknown[],
  open: () => Promise<OpenNetworks>,
): Promise<Shared<OpenNetworks>> => networks.take(JSON.stringify(facts), open)
