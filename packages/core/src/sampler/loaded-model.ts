/**
 * LoadedModel: the Sampler that SDKs share. An SDK gives the networks behind a `SampleBackend` and what kind of images it
 * hands out; calls at once take turns, evaluation by evaluation (queue.ts), an abort or dispose() ends a call before its
 * next evaluation, and networks are let go only when none of the model's own runs.
 */
import { MixflowError } from '../errors.ts'
import { solverNames } from '../method/ode/solver.ts'
import { samplesFromEncoder } from '../method/source/kappa-fc.ts'
import type { SampleBackend } from './backend.ts'
import { type InterpolateRequest, interpolate } from './interpolate.ts'
import { type InvertRequest, invert } from './invert.ts'
import type { SamplerModel } from './model-facts.ts'
import type { Picture } from './picture.ts'
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
  /** Shared by all models whose networks must not run at once; its places are how many of them may. */
  readonly queue: Queue
  /** The networks as they are now; a call asks once. */
  backend(): SampleBackend<T> | Promise<SampleBackend<T>>
  /** Where they run. */
  place(): Pick<Capabilities, 'device' | 'note' | 'dtype'>
  toImage(image: SampledImage): I
  release(): Promise<void>
}

/** What a call takes that is the same for all. */
type Call = { readonly signal?: AbortSignal; readonly onStep?: SampleRequest['onStep'] }

export class LoadedModel<I extends SampledImage = SampledImage, T = unknown> implements Sampler<I> {
  readonly #parts: LoadedModelParts<I, T>
  /** Evaluations that run or wait. */
  readonly #turns = new Set<Promise<unknown>>()
  #disposed: Promise<void> | undefined

  constructor(parts: LoadedModelParts<I, T>) {
    this.#parts = parts
  }

  sample(request: SampleRequest = {}): Promise<SampleResult<I>> {
    return this.#images(request, (backend, wanted) => sample(backend, this.#parts.model, wanted))
  }

  stream(request: Omit<SampleRequest, 'onStep'> = {}): StreamIterator<I> {
    return streamSteps(request, whole => this.sample(whole))
  }

  variations(picture: Picture, request: VariationsRequest = {}): Promise<SampleResult<I>> {
    return this.#images(request, (backend, wanted) =>
      variations(backend, this.#parts.model, { picture, request: wanted }),
    )
  }

  interpolate(seedA: number, seedB: number, request: InterpolateRequest | number): Promise<SampleResult<I>> {
    const given = typeof request === 'number' ? { count: request } : request
    return this.#images(given, (backend, wanted) =>
      interpolate(backend, this.#parts.model, { seedA, seedB, request: wanted }),
    )
  }

  async invert(picture: Picture, request: InvertRequest = {}): Promise<Inversion> {
    const backend = await this.#backend(request)
    return invert(backend, this.#parts.model, { picture, request: this.#dressed(request) })
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
      ...this.#parts.place(),
    }
  }

  dispose(): Promise<void> {
    this.#disposed ??= this.#release()
    return this.#disposed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose()
  }

  /** The given networks, whose calls take turns with all others and fail with ABORTED or MODEL_DISPOSED where due. */
  protected takingTurns(backend: SampleBackend<T>, signal: AbortSignal | undefined): SampleBackend<T> {
    const turn = <R>(task: () => R | Promise<R>) => this.#turn(task, signal)
    const { velocityPair, encode } = backend
    return {
      space: backend.space,
      lanes: this.#parts.queue.places,
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
    const result = await run(await this.#backend(request), this.#dressed(request))
    return { ...result, images: result.images.map(image => this.#parts.toImage(image)) }
  }

  async #backend({ signal }: Call = {}): Promise<SampleBackend<T>> {
    this.#checkOpen()
    return this.takingTurns(await this.#parts.backend(), signal)
  }

  /** The request, whose `onStep` sees images of this SDK's kind. */
  #dressed<R extends Call>(request: R): R {
    const { onStep } = request ?? {}
    if (typeof onStep !== 'function') return request
    const dressed = (progress: SampleProgress) =>
      onStep({
        ...progress,
        preview: async () => (await progress.preview()).map(image => this.#parts.toImage(image)),
      })
    return { ...request, onStep: dressed }
  }

  #checkOpen(): void {
    if (this.#disposed === undefined) return
    throw new MixflowError('MODEL_DISPOSED', `the model ${this.#parts.model.name} was disposed of`, {
      hint: 'load it again, or dispose of it after the last call',
    })
  }
}
