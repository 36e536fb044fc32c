/**
 * Encodes a WebAssembly module with one function: some code once, then a loop over groups of four numbers with 128-bit SIMD instructions.
 * Supports only the part of the binary format that such a loop needs.
 *
 * Source: the WebAssembly specification, 2.0, chapter "Binary Format".
 */

/** Bytes of one or more instructions. */
export type Code = readonly number[]

/** Bytes per iteration: four 32-bit numbers. */
export const turnBytes = 16

/** Local 0 is the end of the loop, 1 the position; values follow. */
const firstValue = 2

export const get = (value: number): Code => [0x20, ...unsigned(firstValue + value)]
export const set = (value: number): Code => [0x21, ...unsigned(firstValue + value)]

/** Loads four numbers of the array at this byte, at the loop's position. */
export const load = (start: number): Code => [...here, ...simd(0x00), 4, ...unsigned(start)]

/** Loads the number at this byte into all four lanes. */
export const spread = (at: number): Code => [...zero, ...simd(0x09), 2, ...unsigned(at)]

/** Stores the four numbers that `value` computes. */
export const store = (start: number, value: Code): Code => [...here, ...value, ...simd(0x0b), 4, ...unsigned(start)]

/** Unary and binary instructions, by ONNX operator. */
export const operators: Readonly<Record<string, Code>> = {
  Abs: simd(0xe0),
  Neg: simd(0xe1),
  Sqrt: simd(0xe3),
  Add: simd(0xe4),
  Sub: simd(0xe5),
  Mul: simd(0xe6),
  Div: simd(0xe7),
  Min: simd(0xe8),
  Max: simd(0xe9),
}

export interface SimdLoop {
  /** How many values, each four numbers, the code sets and gets. */
  readonly values: number
  readonly before: Code
  readonly each: Code
  /** Of the memory that the code loads from and stores to. */
  readonly memoryBytes: number
}

export interface RunningLoop {
  readonly memory: ArrayBuffer
  /** @param bytes of each array, a multiple of 16 */
  run(bytes: number): void
}

/** Ready to run. */
export function instantiate({ values, before, each, memoryBytes }: SimdLoop): RunningLoop {
  const pages = Math.ceil(memoryBytes / 65536)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
  const body = [
    ...[2, 1, int32, ...unsigned(values), vector], // locals besides the parameter: the offset, the values
    ...before,
    ...[0x03, 0x40], // loop
    ...each,
    ...[...here, 0x41, turnBytes, 0x6a, 0x22, 1], // advance the offset,
    ...[0x20, 0, 0x49, 0x0d, 0], // and round again while it is below the end
    ...[0x0b, 0x0b],
  ]
  const name = [1, 0x78]
  const bytes = [
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, int32, 0]), // a function of one int32
    ...section(2, [1, ...name, ...name, 2, 1, ...unsigned(pages), ...unsigned(pages)]), // the memory, imported
    ...section(3, [1, 0]),
    ...section(7, [1, ...name, 0, 0]),
    ...section(10, [1, ...unsigned(body.length), ...body]),
  ]
  const instance = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(bytes)), { x: { x: memory } })
  return { memory: memory.buffer, run: instance.exports.x as (bytes: number) => void }
}

const int32 = 0x7f
const vector = 0x7b
const here: Code = [0x20, 1]
const zero: Code = [0x41, 0]

function simd(opcode: number): Code {
  return [0xfd, ...unsigned(opcode)]
}

function section(id: number, content: Code): Code {
  return [id, ...unsigned(content.length), ...content]
}

/** LEB128 */
function unsigned(value: number): Code {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest]
    bytes.push((rest % 128) | 128)
  }
}
