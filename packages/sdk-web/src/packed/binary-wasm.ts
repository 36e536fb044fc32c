import type { PackedBinary } from './ort.ts'

export const wasmBinary: PackedBinary | undefined = undefined
