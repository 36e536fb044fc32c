import type { PackedBinary } from './binary.ts'

export const wasmBinary: PackedBinary | undefined = undefined
