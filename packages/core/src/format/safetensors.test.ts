import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { attempt, damage, damaged, refusal } from './fixtures/damage.ts'
import {
  parseSafetensors,
  type Safetensors,
  type SafetensorsInput,
  safetensorsChunks,
  safetensorsHeader,
  safetensorsHeaderBytes,
  safetensorsLayout,
  writeSafetensors,
} from './safetensors.ts'
import {
  dtypeBits,
  float32Values,
  type StoredTensor,
  storedTensor,
  tensorDtypes,
  tensorValues,
} from './tensor-dtype.ts'

const reference = fileURLToPath(new URL('../../../../../shared/reference', import.meta.url))
const files = existsSync(reference)
  ? readdirSync(reference, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.safetensors'))
  : []
if (files.length === 0) console.warn(`no reference files: ${reference} is missing`)

/** A file from a header text (or object) and a number of data bytes. */
function file(header: string | object, dataBytes = 0, claimed?: bigint): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  const bytes = new Uint8Array(8 + json.length + dataBytes)
  new DataView(bytes.buffer).setBigUint64(0, claimed ?? BigInt(json.length), true)
  bytes.set(json, 8)
  return bytes
}

const f32 = (start: number, end: number, shape = [(end - start) / 4]) => ({
  dtype: 'F32',
  shape,
  data_offsets: [start, end],
})
const reason = (bytes: Uint8Array) => {
  const error = refusal(() => parseSafetensors(bytes, { name: 'w.safetensors' }))
  expect(error.code).toBe('SAFETENSORS_INVALID')
  expect(error.message).toContain('w.safetensors')
  return error.details.reason
}

const name = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', 'constructor', 'toString', '0', ''))
const tensor = fc.constantFrom(...tensorDtypes).chain(dtype =>
  fc.array(fc.nat(4), { maxLength: 4 }).chain(shape => {
    const whole = dtypeBits[dtype] % 8 === 0 ? shape : [...shape, 4]
    const bytes = (whole.reduce((a, b) => a * b, 1) * dtypeBits[dtype]) / 8
    const data = fc.uint8Array({ minLength: bytes, maxLength: bytes })
    return data.map((values): StoredTensor => ({ dtype, shape: whole, bytes: values }))
  }),
)
const entries = <T>(value: fc.Arbitrary<T>) =>
  fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, maxLength: 6 }).map(pairs => new Map(pairs))
const anyFile: fc.Arbitrary<SafetensorsInput> = fc.record({
  tensors: entries(tensor),
  metadata: entries(fc.string({ unit: 'binary' })),
})

const contents = ({ tensors, metadata }: Safetensors) => ({
  tensors: Object.fromEntries(
    [...tensors].map(([key, t]) => [key, { ...t, bytes: Buffer.from(t.bytes).toString('hex') }]),
  ),
  metadata: Object.fromEntries(metadata),
})

describe('round trip', () => {
  it('reads what it writes, and writes it again to the same bytes', () => {
    fc.assert(
      fc.property(anyFile, input => {
        const bytes = writeSafetensors(input)
        const parsed = parseSafetensors(bytes)
        expect(contents(parsed)).toEqual(contents(input as Safetensors))
        expect(Buffer.compare(writeSafetensors(parsed), bytes)).toBe(0)
        expect(Buffer.compare(Buffer.concat(safetensorsChunks(input)), bytes)).toBe(0)
      }),
    )
  })

  it('does not depend on the order of its input, nor on maps or records', () => {
    const a = storedTensor(Float32Array.of(1, 2), [2])
    const b = storedTensor(Uint8Array.of(3), [1])
    const bytes = writeSafetensors({ tensors: { a, b }, metadata: { x: '1', y: '2' } })
    const pairs = Object.entries({ y: '2', x: '1' })
    expect(writeSafetensors({ tensors: { b, a }, metadata: new Map(pairs) })).toEqual(bytes)
    expect([...parseSafetensors(bytes).tensors.keys()]).toEqual(['a', 'b'])
  })

  it('starts the data at a multiple of 8 and keeps every tensor aligned to its element', () => {
    fc.assert(
      fc.property(anyFile, input => {
        const bytes = writeSafetensors(input)
        for (const { dtype, bytes: part } of parseSafetensors(bytes).tensors.values()) {
          if (part.length > 0) expect(part.byteOffset % Math.max(1, Math.floor(dtypeBits[dtype] / 8))).toBe(0)
        }
      }),
    )
  })
})

describe.skipIf(files.length === 0)('the files of the reference implementation', () => {
  it.each(files)('%s: read, and written again to the same bytes', path => {
    const bytes = readFileSync(`${reference}/${path}`)
    const parsed = parseSafetensors(bytes, { name: path })
    expect(parsed.tensors.size).toBeGreaterThan(0)
    for (const stored of parsed.tensors.values()) {
      expect(tensorValues(stored).length).toBe(stored.shape.reduce((a, b) => a * b, 1))
    }
    const hasMetadata = bytes.includes('"__metadata__"')
    const written = writeSafetensors(hasMetadata ? parsed : { tensors: parsed.tensors })
    expect(Buffer.compare(written, bytes)).toBe(0)
  })
})

describe('refuses', () => {
  const good = { a: f32(0, 8), b: f32(8, 12) }
  it('takes the well-formed file that the cases below damage', () => {
    expect([...parseSafetensors(file(good, 12)).tensors.keys()]).toEqual(['a', 'b'])
    expect(parseSafetensors(file('{}   ')).tensors.size).toBe(0)
    expect(parseSafetensors(file({ a: f32(0, 0, [0]), b: f32(0, 4) }, 4)).tensors.size).toBe(2)
  })

  it.each<[string, Uint8Array, string]>([
    ['no bytes', new Uint8Array(0), 'truncated'],
    ['seven bytes', new Uint8Array(7), 'truncated'],
    ['an empty header', file('', 0), 'header-start'],
    ['a header of 2^60 bytes', file(good, 12, 2n ** 60n), 'header-too-large'],
    ['a header of 2^64 - 1 bytes', file(good, 12, 2n ** 64n - 1n), 'header-too-large'],
    ['a header longer than the file', file(good, 12, 1000n), 'truncated'],
    ['a header that is a list', file('[]'), 'header-start'],
    ['a header after a space', file(' {}'), 'header-start'],
    ['a header after a byte order mark', file('\ufeff{}'), 'header-start'],
    ['text after the header', file('{} x'), 'json-syntax'],
    [
      'a tensor twice',
      file(`{"a":${JSON.stringify(f32(0, 4))},"a":${JSON.stringify(f32(0, 4))}}`, 4),
      'json-duplicate-key',
    ],
    ['deep nesting', file('{"a":{"shape":[[[[]]]]}}'), 'json-depth'],
    ['an unknown dtype', file({ a: { ...f32(0, 4), dtype: 'F33' } }, 4), 'word'],
    ['a dtype from the prototype', file({ a: { ...f32(0, 4), dtype: 'toString' } }, 4), 'word'],
    ['an unknown key', file({ a: { ...f32(0, 4), stride: 1 } }, 4), 'unknown-key'],
    ['a missing shape', file({ a: { dtype: 'F32', data_offsets: [0, 4] } }, 4), 'missing-key'],
    ['a tensor that is a number', file({ a: 1 }, 4), 'type'],
    ['a negative size', file({ a: f32(0, 4, [-1]) }, 4), 'json-number'],
    ['a fractional size', file({ a: f32(0, 4, [1.5]) }, 4), 'json-number'],
    [
      'a size that float64 rounds',
      file('{"a":{"dtype":"U8","shape":[9007199254740993],"data_offsets":[0,0]}}'),
      'range',
    ],
    ['a size as text', file({ a: { ...f32(0, 4), shape: ['1'] } }, 4), 'type'],
    ['element counts that overflow', file({ a: f32(0, 4, [2 ** 40, 2 ** 40]) }, 4), 'overflow'],
    ['an overflow hidden by a zero', file({ a: f32(0, 0, [2 ** 52, 2 ** 52, 0]) }), 'overflow'],
    ['offsets in the wrong order', file({ a: f32(4, 0, [1]) }, 4), 'offset-order'],
    ['one offset', file({ a: { ...f32(0, 4), data_offsets: [0] } }, 4), 'length'],
    ['three offsets', file({ a: { ...f32(0, 4), data_offsets: [0, 4, 8] } }, 4), 'length'],
    ['a gap in front', file({ a: f32(4, 8) }, 8), 'offset-gap'],
    ['a gap between', file({ a: f32(0, 4), b: f32(8, 12) }, 12), 'offset-gap'],
    ['an overlap', file({ a: f32(0, 8), b: f32(4, 12) }, 12), 'offset-overlap'],
    ['the same bytes twice', file({ a: f32(0, 4), b: f32(0, 4) }, 4), 'offset-overlap'],
    ['too many bytes for the shape', file({ a: f32(0, 8, [1]) }, 8), 'length'],
    ['too few bytes for the shape', file({ a: f32(0, 4, [2]) }, 4), 'length'],
    ['half a byte', file({ a: { dtype: 'F4', shape: [3], data_offsets: [0, 1] } }, 1), 'length'],
    ['data cut short', file(good, 11), 'truncated'],
    ['trailing bytes', file(good, 13), 'trailing-bytes'],
    ['metadata that is no record', file({ __metadata__: [] }), 'type'],
    ['metadata with a number', file({ __metadata__: { a: 1 } }), 'type'],
    ['metadata with a record', file({ __metadata__: { a: {} } }), 'type'],
  ])('%s', (_, bytes, expected) => {
    expect(reason(bytes)).toBe(expected)
  })

  it('a header above the limit that was asked for', () => {
    const bytes = file(good, 12)
    expect(refusal(() => parseSafetensors(bytes, { maxHeaderBytes: 16 })).details.reason).toBe('header-too-large')
  })

  it('or reads a damaged file, and what was read is a file again', () => {
    const outcomes = { read: 0, refused: 0 }
    fc.assert(
      fc.property(anyFile, fc.array(damage, { minLength: 1, maxLength: 3 }), fc.boolean(), (input, acts, header) => {
        const whole = writeSafetensors(input)
        const span = header ? (safetensorsChunks(input)[0]?.length ?? 0) : whole.length
        const bytes = acts.reduce(
          (sofar, act) => damaged(sofar, act, Math.min(span, sofar.length)),
          whole as Uint8Array,
        )
        const outcome = attempt(() => parseSafetensors(bytes))
        outcomes['value' in outcome ? 'read' : 'refused']++
        if ('error' in outcome) {
          expect(outcome.error.code).toBe('SAFETENSORS_INVALID')
          return
        }
        const again = parseSafetensors(writeSafetensors(outcome.value))
        expect(contents(again)).toEqual(contents(outcome.value))
      }),
      { numRuns: 1000 },
    )
    expect(outcomes.read).toBeGreaterThan(0)
    expect(outcomes.refused).toBeGreaterThan(0)
  })
})

describe('prototype names', () => {
  it('are tensors like any other', () => {
    const a = storedTensor(Float32Array.of(7), [1])
    const tensors = new Map(['__proto__', 'constructor', 'hasOwnProperty'].map(key => [key, a]))
    const parsed = parseSafetensors(writeSafetensors({ tensors, metadata: new Map([['__proto__', 'x']]) }))
    expect([...parsed.tensors.keys()].sort()).toEqual(['__proto__', 'constructor', 'hasOwnProperty'])
    expect(parsed.metadata.get('__proto__')).toBe('x')
    expect(float32Values(parsed.tensors.get('__proto__')!)).toEqual(Float32Array.of(7))
    expect(({} as { dtype?: string }).dtype).toBeUndefined()
  })
})

describe('writing refuses', () => {
  const a = storedTensor(Float32Array.of(1, 2), [2])
  it.each<[string, SafetensorsInput, string]>([
    ["the format's own word as a name", { tensors: { __metadata__: a } }, 'word'],
    ['half a surrogate pair in a name', { tensors: { '\ud800': a } }, 'pattern'],
    ['half a surrogate pair in metadata', { tensors: {}, metadata: { a: '\udc00' } }, 'pattern'],
    ['bytes that do not fit the shape', { tensors: { a: { ...a, shape: [3] } } }, 'length'],
    ['a shape that is no list of counts', { tensors: { a: { ...a, shape: [-2] } } }, 'range'],
    ['an unknown dtype', { tensors: { a: { ...a, dtype: 'F33' as 'F32' } } }, 'word'],
    ['metadata that is not text', { tensors: {}, metadata: { a: 1 as unknown as string } }, 'type'],
  ])('%s', (_, input, expected) => {
    expect(refusal(() => writeSafetensors(input)).details.reason).toBe(expected)
  })
})

describe('values', () => {
  it('views aligned bytes and copies the others', () => {
    const bytes = new Uint8Array(16)
    new DataView(bytes.buffer).setFloat32(5, 1.5, true)
    new DataView(bytes.buffer).setFloat32(12, 2.5, true)
    const aligned = float32Values({ dtype: 'F32', shape: [1], bytes: bytes.subarray(12) })
    const shifted = float32Values({ dtype: 'F32', shape: [1], bytes: bytes.subarray(5, 9) })
    expect([aligned[0], shifted[0]]).toEqual([2.5, 1.5])
    expect(aligned.buffer).toBe(bytes.buffer)
    expect(shifted.buffer).not.toBe(bytes.buffer)
  })

  it('reads a Buffer whose header is no multiple of 8 bytes, at any offset of its memory', () => {
    const header = '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'
    const file = Buffer.concat([Buffer.alloc(8), Buffer.from(header), Buffer.from(Float32Array.of(1.5, -2).buffer)])
    file.writeUInt32LE(header.length)
    for (let offset = 0; offset < 8; offset++) {
      const bytes = Buffer.alloc(offset + file.length).subarray(offset)
      bytes.set(file)
      expect(float32Values(parseSafetensors(bytes).tensors.get('a')!)).toEqual(Float32Array.of(1.5, -2))
    }
  })

  it.each([
    Float64Array.of(1 / 3, -0),
    Float32Array.of(1.5, Number.NaN),
    BigInt64Array.of(-(2n ** 63n), 1n),
    BigUint64Array.of(2n ** 64n - 1n),
    Int32Array.of(-5, 2 ** 31 - 1),
    Uint32Array.of(2 ** 32 - 1),
    Int16Array.of(-7),
    Uint16Array.of(65_535),
    Int8Array.of(-128),
    Uint8Array.of(255),
  ])('of %o come back', values => {
    const bytes = writeSafetensors({ tensors: { a: storedTensor(values, [values.length]) } })
    expect(tensorValues(parseSafetensors(bytes).tensors.get('a')!)).toEqual(values)
  })

  it('rounds float32 to the 16-bit floats where asked', () => {
    const values = Float32Array.of(1 / 3, 1e-8, 1e6)
    expect(float32Values(storedTensor(values, [3], { dtype: 'F16' }))).toEqual(
      Float32Array.of(0.333251953125, 0, Number.POSITIVE_INFINITY),
    )
    expect(float32Values(storedTensor(values, [3], { dtype: 'BF16' }))[0]).toBe(0.333984375)
  })

  it('takes booleans of 0 and 1 only', () => {
    const flags = storedTensor(Uint8Array.of(0, 1), [2], { dtype: 'BOOL' })
    expect(tensorValues(flags)).toEqual(Uint8Array.of(0, 1))
    expect(refusal(() => tensorValues({ ...flags, bytes: Uint8Array.of(0, 2) })).details.reason).toBe('bool-value')
  })

  it('never narrows or guesses', () => {
    expect(refusal(() => float32Values(storedTensor(Float64Array.of(1), [1]))).details.reason).toBe('dtype-not-float')
    const eight: StoredTensor = { dtype: 'F8_E4M3', shape: [1], bytes: new Uint8Array(1) }
    expect(refusal(() => tensorValues(eight)).details.reason).toBe('dtype-not-decodable')
    expect(() => storedTensor(Int32Array.of(1), [1], { dtype: 'F16' })).toThrow('cannot be stored as F16')
  })
})

describe('in pieces', () => {
  it('the layout is read from the header alone, and says where each tensor lies', () => {
    fc.assert(
      fc.property(anyFile, input => {
        const whole = writeSafetensors(input)
        const start = whole.subarray(0, safetensorsHeaderBytes(whole.subarray(0, 8)))
        const layout = safetensorsLayout(start, whole.length)
        const parsed = parseSafetensors(whole)
        expect([...layout.tensors.keys()]).toEqual([...parsed.tensors.keys()])
        expect(layout.metadata).toEqual(parsed.metadata)
        for (const [key, { dtype, shape, offset, length }] of layout.tensors) {
          expect({ dtype, shape, bytes: whole.subarray(offset, offset + length) }).toEqual(parsed.tensors.get(key))
        }
      }),
      { seed: 15, numRuns: 200 },
    )
  })

  it('a file of another size than its header says is refused', () => {
    const whole = writeSafetensors({ tensors: { a: storedTensor(Float32Array.of(1, 2), [2]) } })
    const start = whole.subarray(0, whole.length - 8)
    expect(refusal(() => safetensorsLayout(start, whole.length - 1)).details.reason).toBe('truncated')
    expect(refusal(() => safetensorsLayout(start, whole.length + 1)).details.reason).toBe('trailing-bytes')
    expect(refusal(() => safetensorsLayout(start.subarray(0, -1), whole.length)).details.reason).toBe('truncated')
    expect(refusal(() => safetensorsHeaderBytes(start.subarray(0, 7))).details.reason).toBe('truncated')
  })

  it('the header is the file’s own beginning, its tensors not being at hand', () => {
    fc.assert(
      fc.property(anyFile, input => {
        const tensors = new Map(parseSafetensors(writeSafetensors(input)).tensors)
        const { header, order } = safetensorsHeader({ ...input, tensors })
        const [first, ...rest] = safetensorsChunks(input)
        expect(header).toEqual(first)
        expect(order.map(key => tensors.get(key)?.bytes)).toEqual(rest)
      }),
      { seed: 16, numRuns: 200 },
    )
  })
})
