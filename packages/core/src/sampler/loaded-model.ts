/**
 * LoadedModel: the Sampler that SDKs share. An SDK passes the networks behind a `SampleBackend` and its own class of images. Concurrent
 * calls take turns, evaluation by evaluation (queue.ts); an abort or dispose() ends a call before its next evaluation; networks are
 * released when none of the model's evaluations is running.
 */
import { MixflowError } from '../errors.ts'
import { solverNames } from '../method/ode/solver.ts'
import { samplesFromEncoder } from '../method/source/kappa-fc.ts'
import type { SampleBackend } from './backend.ts'
import type { ImageInput } from './image-input.ts'
import { type InterpolateRequest, interpolate } from './interpolate.ts'
import { type InvertRequest, invert } from './invert.ts'
import type { SamplerModel } from './model-facts.ts'
import type { Queue } from './queue.ts'
import type { SampleRequest } from './request.ts'
import type { Inversion, SampledImage, SampleProgress, SampleResult, SourceDraw } from './result.ts'
import { sample } from './sample.ts'
import type { Capabilities, Sampler } from './sampler.ts'
import { type SourcesRequest, sources } from './sources.ts'
import { type StreamIterator, streamSteps } from './stream.ts'
import { hasVariations, type VariationsRequest, variations } from './variations.ts'

export interface LoadedModelParts<I extends SampledImage, T> {
  readonly model: SamplerModel & { readonly name: string }
  /** Limits how many evaluations run at once; shared by all models of one runtime. */
  readonly queue: Queue
  /** The current networks; each call asks once. */
  backend(): SampleBackend<T> | Promise<SampleBackend<T>>
  /** Where the networks run. */
  runtime(): Pick<Capabilities, 'device' | 'note' | 'dtype'>
  toImage(image: SampledImage): I
  release(): Promise<void>
}

/** Options that all calls have in common. */
type Call = { readonly signal?: AbortSignal; readonly onStep?: SampleRequest['onStep'] }

export class LoadedModel<I extends SampledImage = SampledImage, T = unknown> implements Sampler<I> {
  readonly #parts: LoadedModelParts<I, T>
  /** Evaluations that are running or queued. */
  readonly #turns = new Set<Promise<unknown>>()
  #disposed: Promise<void> | undefined

  constructor(parts: LoadedModelParts<I, T>) {
    this.#parts = parts
  }

  sample(request: SampleRequest = {}): Promise<SampleResult<I>> {
    return this.#images(request, (backend, request) => sample(backend, this.#parts.model, request))
  }

  stream(request: Omit<SampleRequest, 'onStep'> = {}): StreamIterator<I> {
    return streamSteps(request, whole => this.sample(whole))
  }

  variations(image: ImageInput, request: VariationsRequest = {}): Promise<SampleResult<I>> {
    return this.#images(request, (backend, request) => variations(backend, this.#parts.model, { image, request }))
  }

  interpolate(seedA: number, seedB: number, request: InterpolateRequest | number): Promise<SampleResult<I>> {
    return this.#images(typeof request === 'number' ? { count: request } : request, (backend, request) =>
      interpolate(backend, this.#parts.model, { seedA, seedB, request }),
    )
  }

  async invert(image: ImageInput, request: InvertRequest = {}): Promise<Inversion> {
    const backend = await this.#backend(request)
    return invert(backend, this.#parts.model, { image, request: this.#withImages(request) })
  }

  async sources(request: SourcesRequest = {}): Promise<SourceDraw> {
    return sources(await this.#backend(request), this.#parts.model, request)
  }

  capabilities(): Capabilities {
    const { image, labels, source, sampler } = this.#parts.model
    return {
      methods: [
        'sample',
        'stream',
        'interpolate',
        'invert',
        'sources',
        ...(hasVariations(this.#parts.model) ? ['variations' as const] : []),
      ],
      ...{ image, labels, solvers: solverNames, defaults: sampler },
      mixtureWeight: samplesFromEncoder(source),
      ...this.#parts.runtime(),
    }
  }

  dispose(): Promise<void> {
    this.#disposed ??= this.#release()
    return this.#disposed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose()
  }

  /** The backend with calls that queue for their turn, and fail with ABORTED or MODEL_DISPOSED. */
  protected takingTurns(backend: SampleBackend<T>, signal: AbortSignal | undefined): SampleBackend<T> {
    const turn = <R>(task: () => R | Promise<R>) => this.#turn(task, signal)
    const { velocityPair, encode } = backend
    return {
      space: backend.space,
      concurrency: this.#parts.queue.concurrency,
      upload: images => backend.upload(images),
      download: state => turn(() => backend.download(state)),
      velocity: (x, inputs) => turn(() => backend.velocity(x, inputs)),
      ...(velocityPair && {
        velocityPair: (x, inputs, others) => turn(() => velocityPair.call(backend, x, inputs, others)),
      }),
      ...(encode && { encode: (kappa, label) => turn(() => encode.call(backend, kappa, label)) }),
    }
  }

  async #turn<R>(task: () => R | Promise<R>, signal: AbortSignal | undefined): Promise<R> {
    const turn = this.#parts.queue.run(() => {
      this.#checkOpen()
      return task()
    }, signal)
    this.#turns.add(turn)
    try {
      return await turn
    } finally {
      this.#turns.delete(turn)
    }
  }

  async #release(): Promise<void> {
    await Promise.allSettled(this.#turns)
    await this.#parts.queue.run(() => this.#parts.release())
  }

  async #images<R extends Call>(
    request: R,
    run: (backend: SampleBackend<T>, request: R) => Promise<SampleResult>,
  ): Promise<SampleResult<I>> {
    const result = await run(await this.#backend(request), this.#withImages(request))
    return { ...result, images: result.images.map(image => this.#parts.toImage(image)) }
  }

  async #backend({ signal }: Call = {}): Promise<SampleBackend<T>> {
    this.#checkOpen()
    return this.takingTurns(await this.#parts.backend(), signal)
  }

  /** The request with an `onStep` that receives images of this SDK's class. */
  #withImages<R extends Call>(request: R): R {
    const { onStep } = request ?? {}
    if (typeof onStep !== 'function') return request
    const withImages = (progress: SampleProgress) =>
      onStep({
        ...progress,
        preview: async () => (await progress.preview()).map(image => this.#parts.toImage(image)),
      })
    return { ...request, onStep: withImages }
  }

  #checkOpen(): void {
    if (this.#disposed === undefined) return
    throw new MixflowError('MODEL_DISPOSED', `the model ${this.#parts.model.name} is disposed`, {
      hint: 'load it again, or call dispose() after the last call',
    })
  }
}
