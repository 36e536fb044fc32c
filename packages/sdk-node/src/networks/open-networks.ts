/** The networks of a model, open in one place; models of the same files, device and threads share them. */
import type { Network } from '@mixflow/core/internal'
import type { Graph, Place } from './place.ts'
import { type Lease, Shared } from './shared.ts'

export class OpenNetworks {
  readonly denoiser: Network
  readonly #place: Place
  #encoder: Promise<Network> | undefined

  private constructor(place: Place, denoiser: Network) {
    this.#place = place
    this.denoiser = denoiser
  }

  /** @throws MixflowError MODEL_INVALID; the place is closed then */
  static async open(place: Place, bytes: Uint8Array, graph: Graph): Promise<OpenNetworks> {
    try {
      return new OpenNetworks(place, await place.open(bytes, graph))
    } catch (error) {
      await place.close()
      throw error
    }
  }

  get queue() {
    return this.#place.queue
  }

  /** Opened by the first who asks; the others have the same file. */
  encoder(bytes: Uint8Array, graph: Graph): Promise<Network> {
    this.#encoder ??= this.#place.open(bytes, graph).catch(error => {
      this.#encoder = undefined
      throw error
    })
    return this.#encoder
  }

  async release(): Promise<void> {
    await this.denoiser.release()
    await (await this.#encoder?.catch(() => undefined))?.release()
    await this.#place.close()
  }
}

const networks = new Shared<OpenNetworks>()

/** @param facts all that makes networks the same: checksums, device, threads */
export const shareNetworks = (
  facts: readonly unknown[],
  open: () => Promise<OpenNetworks>,
): Promise<Lease<OpenNetworks>> => networks.take(JSON.stringify(facts), open)
