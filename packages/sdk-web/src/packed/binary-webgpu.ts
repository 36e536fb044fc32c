import type { PackedBinary } from './binary.ts'

export const webgpuBinary: PackedBinary | undefined = undefined
