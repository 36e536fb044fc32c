import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { attempt, changed, damage, damaged, hostileValue, paths, refusal } from './fixtures/damage.ts'
import { anyManifest, exampleManifest } from './fixtures/examples.ts'
import { type Manifest, manifestToJson, parseManifest } from './manifest.ts'
import { networkPorts } from './network-ports.ts'
import { isSafePath } from './safe-path.ts'

const everyPath = paths(exampleManifest).filter(path => path.length > 0)
const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

/** The refusal of the example with something changed at `path`. */
function broken(path: readonly (string | number)[], value: unknown) {
  const manifest = changed<unknown>(exampleManifest, path, (container, key) => {
    container[key] = value
  })
  const error = refusal(() => parseManifest(JSON.stringify(manifest)))
  expect(error.code).toBe('MANIFEST_INVALID')
  return error
}

describe('round trip', () => {
  it('of the example with every key, to a text that is stable', () => {
    const text = manifestToJson(exampleManifest)
    expect(parseManifest(text)).toStrictEqual(exampleManifest)
    expect(manifestToJson(parseManifest(encode(exampleManifest)))).toBe(text)
    expect(text.endsWith('}\n')).toBe(true)
  })

  it('of a file that an editor saved with a byte order mark', () => {
    const text = `\ufeff${manifestToJson(exampleManifest)}`
    expect(parseManifest(text)).toStrictEqual(exampleManifest)
    expect(parseManifest(new TextEncoder().encode(text))).toStrictEqual(exampleManifest)
    expect(refusal(() => parseManifest(`\ufeff${text}`)).code).toBe('MANIFEST_INVALID')
  })

  it('of any manifest, whatever the order of its keys', () => {
    fc.assert(
      fc.property(anyManifest, manifest => {
        const text = manifestToJson(manifest)
        expect(parseManifest(text)).toEqual(manifest)
        const reversed = Object.fromEntries(Object.entries(manifest).reverse()) as unknown as Manifest
        expect(manifestToJson(reversed)).toBe(text)
      }),
    )
  })
})

describe('mutations', () => {
  it('every key is needed or optional, and none may be unknown', () => {
    const optional = new Set<string>()
    for (const path of everyPath) {
      if (typeof path.at(-1) === 'number') continue
      const without = changed(exampleManifest, path, (container, key) => delete container[key])
      const outcome = attempt(() => parseManifest(JSON.stringify(without)))
      if ('value' in outcome) optional.add(path.filter(step => typeof step === 'string').join('.'))
      const extra = changed(exampleManifest, path, container => {
        container.surprise = 1
      })
      expect(refusal(() => parseManifest(JSON.stringify(extra))).details.reason).toBe('unknown-key')
    }
    expect([...optional].sort()).toEqual(['description', 'labels.names', 'training.attribution', 'training.seconds'])
  })

  it('a hostile value anywhere is refused, or the manifest is a valid one', () => {
    fc.assert(
      fc.property(fc.constantFrom(...everyPath), hostileValue, (path, value) => {
        const manifest = changed<unknown>(exampleManifest, path, (container, key) => {
          container[key] = value
        })
        const outcome = attempt(() => parseManifest(JSON.stringify(manifest)))
        if ('value' in outcome) expect(parseManifest(manifestToJson(outcome.value))).toStrictEqual(outcome.value)
        else expect(outcome.error.code).toBe('MANIFEST_INVALID')
      }),
      { numRuns: 2000 },
    )
  })

  it('damaged bytes are refused, or the manifest is a valid one', () => {
    const bytes = new TextEncoder().encode(manifestToJson(exampleManifest))
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), acts => {
        const outcome = attempt(() =>
          parseManifest(acts.reduce<Uint8Array>((sofar, act) => damaged(sofar, act), bytes)),
        )
        if ('value' in outcome) expect(parseManifest(manifestToJson(outcome.value))).toStrictEqual(outcome.value)
        else expect(outcome.error.code).toBe('MANIFEST_INVALID')
      }),
      { numRuns: 1000 },
    )
  })
})

describe('refuses', () => {
  it.each<[string, (string | number)[], unknown, string]>([
    ['another format', ['format'], 'mixflow-checkpoint', 'format'],
    ['a later version', ['version'], 2, 'version'],
    ['a name with a slash', ['name'], 'a/b', 'pattern'],
    ['a day that no month has', ['created'], '2026-02-30T00:00:00Z', 'pattern'],
    ['a local time', ['created'], '2026-02-20T00:00:00+01:00', 'pattern'],
    ['no files', ['files'], [], 'length'],
    ['a negative size', ['files', 0, 'bytes'], -1, 'range'],
    ['a fractional size', ['files', 0, 'bytes'], 1.5, 'type'],
    ['a hash in capitals', ['files', 0, 'sha256'], 'A'.repeat(64), 'pattern'],
    ['a short hash', ['files', 0, 'sha256'], 'a'.repeat(63), 'pattern'],
    ['an unknown role', ['files', 0, 'role'], 'denoisr', 'word'],
    ['the same path in capitals', ['files', 1, 'path'], 'DENOISER.onnx', 'duplicate'],
    ['itself as a file', ['files', 3, 'path'], 'mixflow.json', 'duplicate'],
    ['two float32 denoisers', ['files', 1, 'dtype'], 'float32', 'duplicate'],
    ['an image with a dtype', ['files', 3, 'dtype'], 'float32', 'inconsistent'],
    ['no denoiser', ['files'], [exampleManifest.files[2]], 'inconsistent'],
    ['an encoder that is not there', ['files'], [exampleManifest.files[0]], 'inconsistent'],
    ['a dtype without parity', ['parity'], { float32: exampleManifest.parity.float32 }, 'inconsistent'],
    ['another range', ['image', 'range'], [0, 1], 'word'],
    ['another layout', ['image', 'layout'], 'NHWC', 'word'],
    ['an image without width', ['image', 'width'], 0, 'range'],
    ['too few names', ['labels', 'names'], ['a'], 'inconsistent'],
    ['guidance where each image needs a label', ['labels', 'required'], true, 'inconsistent'],
    ['networks of another image', ['image', 'width'], 32, 'inconsistent'],
    ['networks without the label', ['labels'], null, 'inconsistent'],
    ['networks with an encoder, and no source', ['source'], null, 'inconsistent'],
    ['an unknown kappa', ['source', 'kappa'], 'images', 'word'],
    ['both steps and nfe', ['sampler', 'steps'], 3, 'inconsistent'],
    ['neither steps nor nfe', ['sampler', 'nfe'], undefined, 'inconsistent'],
    ['an nfe that heun cannot have', ['sampler', 'nfe'], 4, 'inconsistent'],
    ['steps of an adaptive solver', ['sampler', 'solver'], 'dopri5', 'inconsistent'],
    ['an unknown solver', ['sampler', 'solver'], 'huen', 'word'],
    ['a weight above 1', ['sampler', 'mixtureWeight'], 1.01, 'range'],
  ])('%s', (_, path, value, reason) => {
    expect(broken(path, value).details.reason).toBe(reason)
  })

  it.each([
    ['kappa = label', { kappa: 'label' }],
    ['a label-conditioned encoder', { encoderLabel: true }],
  ] as const)('%s without labels', (_, change) => {
    const facts = { image: { channels: 1, height: 2, width: 2 }, labels: null }
    const source = { ...exampleManifest.source!, ...change }
    const manifest: Manifest = {
      ...exampleManifest,
      image: { ...exampleManifest.image, ...facts.image },
      labels: null,
      source,
      networks: networkPorts({ ...facts, source }),
    }
    expect(refusal(() => manifestToJson(manifest)).details).toMatchObject({ reason: 'inconsistent', path: 'labels' })
  })

  it('a misspelt key, with the key that was meant and where', () => {
    const manifest = changed<unknown>(exampleManifest, ['training', 'imagesSeen'], (container, key) => {
      container.imageSeen = container[key]
      delete container[key]
    })
    const error = refusal(() => parseManifest(JSON.stringify(manifest)))
    expect(error.message).toBe('mixflow.json: training has the unknown key "imageSeen"')
    expect(error.hint).toMatch(/^did you mean "imagesSeen"\?\n/)
  })

  it('a wrong value, with its location, what was expected and what was found', () => {
    expect(broken(['files', 2, 'bytes'], '12').message).toBe(
      'mixflow.json: files[2].bytes must be a whole number, got "12"',
    )
  })

  it('more than a megabyte, unread', () => {
    expect(refusal(() => parseManifest(' '.repeat(2 ** 20 + 1))).details.reason).toBe('too-large')
  })

  it('to write what it would not read', () => {
    const nan = { ...exampleManifest, quality: [{ ...exampleManifest.quality[0]!, value: Number.NaN }] }
    expect(refusal(() => manifestToJson(nan)).details.reason).toBe('range')
    const surrogate = { ...exampleManifest, description: '\ud800' }
    expect(refusal(() => manifestToJson(surrogate)).details.reason).toBe('json-surrogate')
  })
})

describe('paths', () => {
  it.each(['a', 'denoiser.fp16.onnx', 'a/b/c.png', '_x', 'v1.0+build', 'a-b_c'])('%s is inside the folder', path => {
    expect(isSafePath(path)).toBe(true)
  })

  it.each([
    '',
    '.',
    '..',
    '../a',
    'a/..',
    'a/../b',
    'a/./b',
    '/a',
    '//host/a',
    'a//b',
    'a/',
    './a',
    '.hidden',
    'a\\b',
    '..\\a',
    'C:a',
    'C:/a',
    'C:\\a',
    'file:a',
    'https://x/a',
    'data:,x',
    'a\0',
    'a\0.png',
    'a%2e%2e',
    '%2e%2e/a',
    'a?b',
    'a#b',
    'a b',
    'a.',
    'a ',
    'NUL',
    'con.txt',
    'COM1',
    'é',
    '\u202ea',
    'a'.repeat(101),
    'a/'.repeat(8).concat('a'),
    '~',
    '~/a',
    '$HOME',
  ])('%j is not', path => {
    expect(isSafePath(path)).toBe(false)
    expect(broken(['files', 3, 'path'], path).details.reason).toMatch(/^(path|length)$/)
  })

  it('a safe path stays below the folder as a URL and has one spelling', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '.', '/', '\\', ':', '%', '2', 'e', ' ', '\0', 'Z') }),
        path => {
          if (!isSafePath(path)) return
          expect(new URL(path, 'https://host/model/').href).toBe(`https://host/model/${path}`)
        },
      ),
      { numRuns: 2000 },
    )
  })
})
