/** Questions between page and worker. Each load and each run is a call with a number; a model's ID is the number of the call that loaded it. */
import type {
  Capabilities,
  Inversion,
  ListedModel,
  LoadProgress,
  Manifest,
  ModelPackage,
  SampledImage,
  SampleProgress,
  SampleResult,
  SourceDraw,
} from '@mixflow/core'
import type { Device, PlainOptions } from '../options.ts'
import type { Pieces } from '../packed/binary.ts'

export type Method = 'sample' | 'variations' | 'interpolate' | 'invert' | 'sources'

export type MethodResult = SampleResult | Inversion | SourceDraw

export interface RunCall {
  readonly call: number
  readonly model: number
  readonly method: Method
  /** Arguments of the method; the last is its request without functions and signals. */
  readonly args: readonly unknown[]
  /** Whether the page wants a `step` question after each step. */
  readonly seesSteps: boolean
}

export type ToWorker = {
  load: [
    content: {
      readonly call: number
      /** URLs are absolute. */
      readonly source: string | ModelPackage | ListedModel
      /** `own`: the worker's Cache API; `asked`: the page's cache, by `cache` questions. */
      readonly cache: 'own' | 'asked' | null
      /** The WebAssembly that the page has; the worker gets it by `piece` questions. */
      readonly pieces: Readonly<Record<Device, Omit<Pieces, 'read'> | undefined>>
    } & PlainOptions,
    answer: { readonly manifest: Manifest; readonly capabilities: Capabilities },
  ]
  run: [content: RunCall, answer: { readonly result: MethodResult; readonly capabilities: Capabilities }]
  /** The images of the step whose `step` question is not answered yet. */
  preview: [content: { readonly call: number }, answer: readonly SampledImage[]]
  abort: [content: { readonly call: number }, answer: undefined]
  dispose: [content: { readonly model: number }, answer: undefined]
}

export type ToPage = {
  /** The worker has started. `lock`: name of the Web Lock that it holds while it lives, or null without Web Locks. */
  ready: [content: { readonly lock: string | null }, answer: undefined]
  progress: [content: { readonly call: number; readonly progress: LoadProgress }, answer: undefined]
  step: [content: { readonly call: number; readonly progress: Omit<SampleProgress, 'preview'> }, answer: undefined]
  piece: [content: { readonly call: number; readonly device: Device; readonly index: number }, answer: string]
  cache: [
    content: {
      readonly call: number
      readonly method: 'match' | 'put' | 'delete'
      readonly key: string
      readonly bytes?: Uint8Array
    },
    answer: Uint8Array | undefined,
  ]
}
