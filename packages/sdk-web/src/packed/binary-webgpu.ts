import type { PackedBinary } from './ort.ts'

export const webgpuBinary: PackedBinary | undefined = undefined
