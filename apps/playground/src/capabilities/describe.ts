/** The machine in words: each fact with what it means for models. */
import { formatBytes } from '../parts/units.ts'
import type { Machine } from './machine.ts'

export interface Described {
  readonly name: string
  readonly value: string
  readonly meaning: string
  readonly isGood: boolean
}

const deviceTitles = { webgpu: 'WebGPU', wasm: 'WebAssembly' } as const

export function describeChoice({ choice }: Machine): { readonly title: string; readonly reason: string } {
  const { device, dtype, note, gpu } = choice
  return {
    title: `${deviceTitles[device]}, ${dtype}`,
    reason:
      device === 'webgpu'
        ? `There is a GPU with WebGPU${gpu?.name ? ` (${gpu.name})` : ''}, which ${
            dtype === 'float16'
              ? 'computes with 16-bit floats: half the download'
              : 'has no 16-bit floats, so weights are float32'
          }. A model is tried out on it first, and runs on WebAssembly if it fails.`
        : `WebGPU is not used because ${note ?? 'it was not asked for'}. WebAssembly runs on the processor, and weights are float32.`,
  }
}

export function describeMachine(machine: Machine): readonly Described[] {
  const { choice, isSecure, isIsolated, processors, hasSimd, memory, storage } = machine
  const { gpu } = choice
  const threads = isIsolated ? Math.min(4, Math.ceil(processors / 2)) : 1
  return [
    {
      name: 'WebGPU',
      value:
        gpu === null
          ? 'no'
          : gpu.isFallback
            ? `imitated by the processor (${gpu.name || 'unnamed'})`
            : gpu.name || 'yes',
      meaning: 'Runs networks on the graphics processor, many times faster.',
      isGood: gpu !== null && !gpu.isFallback,
    },
    {
      name: '16-bit floats',
      value: gpu?.hasFloat16 ? 'yes' : 'no',
      meaning: 'Where the GPU has them, models are downloaded and computed at half the size.',
      isGood: gpu?.hasFloat16 === true,
    },
    {
      name: 'SIMD of WebAssembly',
      value: hasSimd ? 'yes' : 'no',
      meaning: 'Several numbers at a time on the processor. Sampling on the processor needs it.',
      isGood: hasSimd,
    },
    {
      name: 'Cross-origin isolation',
      value: isIsolated ? 'yes' : 'no',
      meaning: isIsolated
        ? 'WebAssembly may have threads.'
        : 'Without it WebAssembly has one thread. The server must send two headers: see the README of this app.',
      isGood: isIsolated,
    },
    {
      name: 'Threads',
      value: `${threads} of ${processors} processors`,
      meaning: 'ONNX Runtime takes half of the processors, four at most.',
      isGood: threads > 1,
    },
    {
      name: 'Secure context',
      value: isSecure ? 'yes' : 'no',
      meaning: 'Needed to verify files and for WebGPU: https, or localhost.',
      isGood: isSecure,
    },
    {
      name: 'Memory',
      value: memory === null ? 'not told' : `about ${memory} GB`,
      meaning: 'Browsers round this, some do not tell. The models of this project take a small part.',
      isGood: memory === null || memory >= 2,
    },
    {
      name: 'Storage for models',
      value: storage === null ? 'not told' : `${formatBytes(storage.quota)}, ${formatBytes(storage.usage)} used`,
      meaning: 'Downloaded files are kept here, so that a model loads at once the next time.',
      isGood: storage === null || storage.quota > 1e8,
    },
  ]
}

/** For an issue, in Markdown. */
export function reportOf(machine: Machine): string {
  const { title, reason } = describeChoice(machine)
  const rows = describeMachine(machine).map(({ name, value }) => `| ${name} | ${value} |`)
  return [`**${title}.** ${reason}`, '', '| | |', '|---|---|', `| Browser | ${machine.browser} |`, ...rows, ''].join(
    '\n',
  )
}
