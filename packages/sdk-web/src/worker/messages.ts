/** What page and worker ask each other. A call is a load or a run, by its number; a model is named by the call that loaded it. */
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
  /** The method's own, but for functions and signals of its request, which is the last. */
  readonly args: readonly unknown[]
  readonly seesSteps: boolean
}

export type ToWorker = {
  load: [
    content: {
      readonly call: number
      /** Absolute. */
      readonly place: string | ModelPackage | ListedModel
      readonly cache: 'own' | 'asked' | null
      /** Of which devices the page has ONNX Runtime's WebAssembly. */
      readonly pieces: Readonly<Record<Device, Omit<Pieces, 'read'> | undefined>>
    } & PlainOptions,
    answer: { readonly manifest: Manifest; readonly capabilities: Capabilities },
  ]
  run: [content: RunCall, answer: { readonly result: MethodResult; readonly capabilities: Capabilities }]
  /** The pictures of the step that the page was told of and has not yet answered. */
  preview: [content: { readonly call: number }, answer: readonly SampledImage[]]
  abort: [content: { readonly call: number }, answer: undefined]
  dispose: [content: { readonly model: number }, answer: undefined]
}

export type ToPage = {
  /** The worker has started; the lock that it holds while it lives. */
  ready: [content: { readonly lifeline: string | null }, answer: undefined]
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
