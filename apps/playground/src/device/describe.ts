/** Descriptions of the device: each fact with its effect on models. */
import { formatBytes } from '../parts/units.ts'
import type { Machine } from './machine.ts'

export interface Described {
  readonly name: string
  readonly value: string
  readonly meaning: string
  readonly isGood: boolean
}

export const deviceTitles = { webgpu: 'WebGPU', wasm: 'WebAssembly' } as const

export function describeChoice({ choice }: Machine): { readonly title: string; readonly reason: string } {
  const { device, dtype, note, gpu } = choice
  const title = `${deviceTitles[device]}, ${dtype}`
  if (device === 'wasm') {
    const why = note === undefined ? 'WebGPU was not requested' : note.charAt(0).toUpperCase() + note.slice(1)
    return { title, reason: `${why}, so models run on the CPU in float32.` }
  }
  const name = gpu?.name ? ` (${gpu.name})` : ''
  const precision =
    dtype === 'float16' ? 'It computes in float16, which halves downloads.' : 'It does not support float16.'
  const reason = `This device has a GPU with WebGPU${name}. ${precision} If a model does not work on it, the model runs on WebAssembly.`
  return { title, reason }
}

export function describeMachine(machine: Machine): readonly Described[] {
  const { choice, isSecure, isIsolated, processors, hasSimd, memory, storage } = machine
  const { gpu } = choice
  const threads = isIsolated ? Math.min(4, Math.ceil(processors / 2)) : 1
  const yesNo = (value: boolean) => (value ? 'yes' : 'no')
  return [
    {
      name: 'WebGPU',
      value: gpu === null ? 'no' : gpu.isFallback ? `in software (${gpu.name || 'unnamed'})` : gpu.name || 'yes',
      meaning: 'Runs models on the GPU, which is usually much faster.',
      isGood: gpu !== null && !gpu.isFallback,
    },
    {
      name: 'float16',
      value: yesNo(gpu?.hasFloat16 === true),
      meaning: 'On GPUs with float16, models are half the size to download and compute.',
      isGood: gpu?.hasFloat16 === true,
    },
    {
      name: 'WebAssembly SIMD',
      value: yesNo(hasSimd),
      meaning: 'Vector instructions. Required to run models on the CPU.',
      isGood: hasSimd,
    },
    {
      name: 'Cross-origin isolation',
      value: yesNo(isIsolated),
      meaning: isIsolated
        ? 'Enables WebAssembly threads.'
        : 'Needed for WebAssembly threads. The server must send two headers; see the README of the playground.',
      isGood: isIsolated,
    },
    {
      name: 'Threads',
      value: `${threads} of ${processors} logical processors`,
      meaning: 'ONNX Runtime uses half of them, up to four.',
      isGood: threads > 1,
    },
    {
      name: 'Secure context',
      value: yesNo(isSecure),
      meaning: 'https or localhost. Required for WebGPU and to verify files.',
      isGood: isSecure,
    },
    {
      name: 'Memory',
      value: memory === null ? 'unknown' : `about ${memory} GB`,
      meaning: 'Rounded by the browser. The models on this page need little of it.',
      isGood: memory === null || memory >= 2,
    },
    {
      name: 'Storage',
      value: storage === null ? 'unknown' : `${formatBytes(storage.quota)}, ${formatBytes(storage.usage)} used`,
      meaning: 'Caches downloaded models, so they load faster next time.',
      isGood: storage === null || storage.quota > 1e8,
    },
  ]
}

/** Returns Markdown for an issue. */
export function reportOf(machine: Machine): string {
  const { title, reason } = describeChoice(machine)
  const rows = describeMachine(machine).map(({ name, value }) => `| ${name} | ${value} |`)
  return [`**${title}.** ${reason}`, '', '| | |', '|---|---|', `| Browser | ${machine.browser} |`, ...rows, ''].join(
    '\n',
  )
}
