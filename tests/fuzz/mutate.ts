/**
 * Damages bytes as a seed says. Input `index` of a target is the same in every run, so a failure is found again by three words: seed,
 * target and index. The kinds of damage are those of AFL's havoc stage, with the words of the format, and, where the bytes are JSON, changes
 * of its values.
 */

import { crc32 } from '@mixflow/files'

export interface Random {
  /** A whole number from 0 to below `n`. */
  below(n: number): number
  pick<T>(items: readonly T[]): T
}

/** A generator of its own for each name. After mulberry32 (Tommy Ettinger) and FNV-1a. */
export function random(name: string): Random {
  let state = 0x811c9dc5
  for (let i = 0; i < name.length; i++) state = Math.imul(state ^ name.charCodeAt(i), 0x01000193)
  const below = (n: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * n)
  }
  return { below, pick: items => items[below(items.length)] as (typeof items)[number] }
}

export interface Seeds {
  readonly seeds: readonly Uint8Array[]
  /** Words of the format, which are put in whole. */
  readonly words?: readonly (string | readonly number[])[]
  /** The bytes are JSON: values in it are changed as well. */
  readonly json?: boolean
  /** Makes sums right again, so that damage comes past them. */
  readonly repair?: (bytes: Uint8Array) => Uint8Array
}

const numbers = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff] as const
const texts = [
  '-1',
  '0',
  '1e999',
  '1.5',
  '9007199254740993',
  '4294967296',
  '18446744073709551615',
  '-0',
  '1e-320',
] as const
const bytesOf = (word: string | readonly number[]) =>
  typeof word === 'string' ? new TextEncoder().encode(word) : Uint8Array.from(word)

type Act = (bytes: Uint8Array, random: Random, seeds: Seeds) => Uint8Array

/** `bytes` with those from … to replaced. */
const spliced = (bytes: Uint8Array, from: number, to: number, middle: Uint8Array): Uint8Array => {
  const out = new Uint8Array(from + middle.length + bytes.length - to)
  out.set(bytes.subarray(0, from))
  out.set(middle, from)
  out.set(bytes.subarray(to), from + middle.length)
  return out
}

const range = (bytes: Uint8Array, { below }: Random): [number, number] => {
  const from = below(bytes.length + 1)
  return [from, Math.min(bytes.length, from + below(below(8) === 0 ? bytes.length + 1 : 17))]
}

const acts: readonly Act[] = [
  (bytes, { below }) => {
    const at = below(bytes.length)
    bytes[at] = (bytes[at] as number) ^ (1 << below(8))
    return bytes
  },
  (bytes, { below }) => {
    bytes[below(bytes.length)] = below(256)
    return bytes
  },
  (bytes, { below }) => {
    const at = below(bytes.length)
    bytes[at] = (bytes[at] as number) + below(33) - 16
    return bytes
  },
  // a number that is a border of some width, in either order
  (bytes, { below, pick }) => {
    const value = BigInt(pick(numbers)) + (below(4) === 0 ? 0xffffffff00000000n : 0n)
    const size = pick([1, 2, 4, 8])
    if (bytes.length < size) return bytes
    const at = below(bytes.length - size + 1)
    const little = below(2) === 0
    for (let i = 0; i < size; i++) bytes[at + (little ? i : size - 1 - i)] = Number((value >> BigInt(8 * i)) & 255n)
    return bytes
  },
  (bytes, { below }) => bytes.subarray(0, below(bytes.length)),
  (bytes, random) => spliced(bytes, ...range(bytes, random), new Uint8Array(0)),
  (bytes, random) => {
    const [from, to] = range(bytes, random)
    return spliced(bytes, from, from, bytes.slice(from, to))
  },
  (bytes, random) => {
    const [from, to] = range(bytes, random)
    bytes.copyWithin(random.below(bytes.length), from, to)
    return bytes
  },
  (bytes, random, { seeds }) => {
    const other = random.pick(seeds)
    return spliced(bytes, ...range(bytes, random), other.slice(...range(other, random)))
  },
  (bytes, random, { words = [] }) => {
    if (words.length === 0) return bytes
    const word = bytesOf(random.pick(words))
    const at = random.below(bytes.length + 1)
    return spliced(bytes, at, random.below(2) === 0 ? at : Math.min(bytes.length, at + word.length), word)
  },
  // one word very often
  (bytes, random, { words = [] }) => {
    const word =
      words.length > 0 && random.below(4) > 0 ? bytesOf(random.pick(words)) : Uint8Array.of(random.below(256))
    const many = new Uint8Array(word.length * (1 << random.below(12)))
    for (let at = 0; at < many.length; at += word.length) many.set(word, at)
    const at = random.below(bytes.length + 1)
    return spliced(bytes, at, at, many)
  },
  // a number in text
  (bytes, random) => {
    const start = random.below(bytes.length)
    const from = bytes.findIndex((byte, i) => i >= start && byte >= 0x30 && byte <= 0x39)
    if (from < 0) return bytes
    let to = from
    while ((bytes[to] as number) >= 0x30 && (bytes[to] as number) <= 0x39) to++
    return spliced(bytes, from, to, bytesOf(random.pick(texts)))
  },
]

/** Damaged bytes: one to four acts on one of the seeds. */
export function mutated(source: Seeds, random: Random): Uint8Array {
  let bytes = Uint8Array.from(random.pick(source.seeds))
  if (source.json === true && random.below(2) === 0) bytes = bytesOf(changedJson(bytes, random)) as typeof bytes
  else {
    for (let left = random.below(2) === 0 ? 1 : 1 + random.below(4); left > 0 && bytes.length > 0; left--) {
      bytes = random.pick(acts)(bytes, random, source) as typeof bytes
    }
  }
  return source.repair === undefined || random.below(4) === 0 ? bytes : source.repair(bytes)
}

const hostile: readonly unknown[] = [
  ...[
    null,
    true,
    false,
    '',
    '..',
    '../x',
    'C:\\x',
    '\u202e',
    'x'.repeat(5000),
    [],
    {},
    [[]],
    -1,
    0,
    0.5,
    1e308,
    2 ** 53,
  ],
  ...['toString', '__proto__', { length: 1e9 }, Array.from({ length: 1000 }, () => 0), 'NaN', 4294967296],
]

/** JSON with one value, key or entry changed. */
function changedJson(bytes: Uint8Array, random: Random): string {
  const root = { root: JSON.parse(new TextDecoder().decode(bytes)) as unknown }
  let container: Record<string, unknown> = root
  let key = 'root'
  for (;;) {
    const next = container[key]
    const keys = typeof next === 'object' && next !== null ? Object.keys(next) : []
    if (keys.length === 0 || random.below(6) === 0) break
    container = next as Record<string, unknown>
    key = random.pick(keys)
  }
  const act = random.below(4)
  if (act === 0) delete container[key]
  else if (act === 1) container[random.pick(['x', '', 'toString', 'format', 'version'])] = random.pick(hostile)
  else container[key] = random.pick(hostile)
  return JSON.stringify(root.root ?? null)
}

/** PNG with right sums in all of its chunks. */
export function repairedPng(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 8 + view.getUint32(at)
    if (end + 4 > bytes.length) break
    view.setUint32(end, crc32(bytes.subarray(at + 4, end)))
    at = end + 4
  }
  return bytes
}
