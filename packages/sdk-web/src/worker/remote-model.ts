/** The page's view of a model in a worker: each method of the sampler is a question to the worker. */
import {
  type Capabilities,
  type ImageInput,
  type Inversion,
  type Manifest,
  MixflowError,
  SampledImage,
  type SampleResult,
  type SourceDraw,
  type StreamIterator,
} from '@mixflow/core'
import { streamSteps } from '@mixflow/core/internal'
import type { WebModel } from '../options.ts'
import type { Method, MethodResult } from './messages.ts'

export interface RemoteRuns {
  run(
    model: number,
    method: Method,
    args: readonly unknown[],
  ): Promise<{ readonly result: MethodResult; readonly capabilities: Capabilities }>
  dispose(model: number): Promise<void>
}

interface RemoteFacts {
  readonly manifest: Manifest
  readonly capabilities: Capabilities
}

export class RemoteModel implements WebModel {
  readonly manifest: Manifest
  readonly #host: RemoteRuns
  readonly #id: number
  #capabilities: Capabilities
  #disposed: Promise<void> | undefined

  constructor(host: RemoteRuns, id: number, { manifest, capabilities }: RemoteFacts) {
    this.manifest = manifest
    this.#host = host
    this.#id = id
    this.#capabilities = capabilities
  }

  sample(request: Parameters<WebModel['sample']>[0] = {}): Promise<SampleResult> {
    return this.#images('sample', [request])
  }

  stream(request: Parameters<WebModel['stream']>[0] = {}): StreamIterator<SampledImage> {
    return streamSteps(request, whole => this.sample(whole))
  }

  variations(image: ImageInput, request: Parameters<WebModel['variations']>[1] = {}): Promise<SampleResult> {
    return this.#images('variations', [plainImage(image), request])
  }

  interpolate(seedA: number, seedB: number, request: Parameters<WebModel['interpolate']>[2]): Promise<SampleResult> {
    return this.#images('interpolate', [seedA, seedB, typeof request === 'number' ? { count: request } : request])
  }

  async invert(image: ImageInput, request: Parameters<WebModel['invert']>[1] = {}): Promise<Inversion> {
    return (await this.#run('invert', [plainImage(image), request])) as Inversion
  }

  async sources(request: Parameters<WebModel['sources']>[0] = {}): Promise<SourceDraw> {
    const { image } = request ?? {}
    const plain = image === undefined ? request : { ...request, image: plainImage(image) }
    return (await this.#run('sources', [plain])) as SourceDraw
  }

  capabilities(): Capabilities {
    return this.#capabilities
  }

  dispose(): Promise<void> {
    this.#disposed ??= this.#host.dispose(this.#id)
    return this.#disposed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose()
  }

  async #images(method: Method, args: readonly unknown[]): Promise<SampleResult> {
    const result = (await this.#run(method, args)) as SampleResult
    return { ...result, images: result.images.map(image => new SampledImage(image)) }
  }

  async #run(method: Method, args: readonly unknown[]): Promise<MethodResult> {
    if (this.#disposed !== undefined) {
      throw new MixflowError('MODEL_DISPOSED', `the model ${this.manifest.name} is disposed`, {
        hint: 'load it again, or call dispose() after the last call',
      })
    }
    const { result, capabilities } = await this.#host.run(this.#id, method, args)
    this.#capabilities = capabilities
    return result
  }
}

/** ImageData and other classes as a plain object, which can be sent. */
function plainImage(image: ImageInput): unknown {
  if (typeof image !== 'object' || image === null) return image
  const { width, height, data } = image
  return { width, height, data, ...('channels' in image && { channels: image.channels }) }
}
