/**
 * ONNX Runtime's WebAssembly, as the package ships it: compressed, in pieces that are JavaScript modules. A module is the one thing
 * that every bundler, dev server and CDN carries along without being told, and that no server answers with an HTML page. The build
 * (build/bundle.mjs) replaces the two files beside this one; the sources have none, and there ONNX Runtime finds its own files.
 */
import type { Device, PlainOptions } from '../options.ts'

export interface PackedBinary {
  /** Bytes of all pieces together, compressed: what is downloaded. */
  readonly bytes: number
  /** Each gives base64 of a part of the gzip file. */
  readonly pieces: readonly (() => Promise<{ readonly default: string }>)[]
}

/** The package's pieces of one binary, wherever they are: in this thread or in the page that started this worker. */
export interface Pieces {
  /** Of all, compressed. */
  readonly bytes: number
  readonly count: number
  read(index: number): Promise<string>
}

/** Where a thread gets the WebAssembly from. */
export interface BinarySource {
  readonly runtime: PlainOptions['runtime']
  /** undefined where the package has none for this device. */
  readonly pieces: (device: Device) => Pieces | undefined
}
