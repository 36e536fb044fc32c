/** The WebAssembly of ONNX Runtime as the package contains it. Apart from ort.ts, because these types are public and that file's are not. */
import type { Device, PlainOptions } from '../options.ts'

/** The WebAssembly of one device as modules: a gzip file, cut into pieces. */
export interface PackedBinary {
  /** Size of all pieces, compressed: the bytes to download. */
  readonly bytes: number
  /** Each imports one piece, in base64. */
  readonly pieces: readonly (() => Promise<{ readonly default: string }>)[]
}

/** Access to the pieces of one binary, in this thread or through messages to the page. */
export interface Pieces {
  /** Size of all pieces, compressed. */
  readonly bytes: number
  readonly count: number
  read(index: number): Promise<string>
}

export interface BinarySource {
  readonly runtime: PlainOptions['runtime']
  /** Returns undefined if the package contains no WebAssembly for the device. */
  readonly pieces: (device: Device) => Pieces | undefined
}
