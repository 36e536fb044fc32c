import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openExtractor } from './extractor.ts'
import { findExtractor, parseExtractorFile, readExtractor } from './extractor-file.ts'

const root = mkdtempSync(join(tmpdir(), 'mixflow-extractor-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const inception = {
  format: 'mixflow-extractor',
  version: 1,
  name: 'Inception',
  network: { file: 'inception.onnx' },
  input: { name: 'images', channels: 3, height: 299, width: 299, range: [0, 255] },
  resize: 'tensorflow-bilinear',
  rounding: 'round',
  features: { name: 'features', dimensions: 2048 },
  logits: { name: 'logits', classes: 1008 },
}
const write = (changes: object) => {
  writeFileSync(join(root, 'extractor.json'), JSON.stringify({ ...inception, ...changes }))
  return root
}

describe('extractor.json', () => {
  it('may omit size and SHA-256 of its network', async () => {
    writeFileSync(join(root, 'inception.onnx'), 'not yet a network')
    const { description, network, statistics } = await readExtractor(write({}))
    expect(description).toMatchObject({ name: 'Inception', dimensions: 2048, range: [0, 255], input: 'images' })
    expect(description.sha256).toMatch(/^[0-9a-f]{64}$/)
    expect(new TextDecoder().decode(network)).toBe('not yet a network')
    expect(statistics).toEqual([])
  })

  it('is refused with another network', async () => {
    const network = { file: 'inception.onnx', sha256: '0'.repeat(64) }
    await expect(readExtractor(write({ network }))).rejects.toMatchObject({
      code: 'EXTRACTOR_INVALID',
      message: expect.stringContaining('has another size or SHA-256 than its extractor.json states'),
    })
    await expect(readExtractor(write({ network: { file: 'gone.onnx' } }))).rejects.toThrow(/cannot be read: ENOENT/)
  })

  it.each<[string, object, RegExp]>([
    ['an unknown key', { resizing: 'pad' }, /[Uu]nrecognized key.*"resizing"/],
    ['another format', { format: 'model' }, /expected "mixflow-extractor".*at format/],
    ['a file elsewhere', { network: { file: '../inception.onnx' } }, /must be a file beside extractor.json/],
    ['a rounding that is none', { rounding: 'up' }, /at rounding/],
    ['two channels', { input: { ...inception.input, channels: 2 } }, /at input.channels/],
  ])('refuses %s', (_, changes, message) => {
    const text = JSON.stringify({ ...inception, ...changes })
    expect(() => parseExtractorFile(text, 'x/extractor.json')).toThrow(message)
    expect(() => parseExtractorFile(text, 'x/extractor.json')).toThrow(/^x\/extractor.json: /)
  })

  it('refuses invalid JSON, and a network without a description', async () => {
    expect(() => parseExtractorFile('{', 'x')).toThrow(/x has its end instead of/)
    await expect(readExtractor(join(root, 'inception.onnx'))).rejects.toThrow(/network without a description/)
  })

  it('reserves the name Inception for the FID’s network and preprocessing', async () => {
    const { description } = await readExtractor(write({}))
    const changed = { ...description, resize: 'pad' } as const
    await expect(openExtractor(new Uint8Array(3), changed)).rejects.toThrow(/has resize pad, not tensorflow-bilinear/)
    await expect(openExtractor(new Uint8Array(3), { ...description, dimensions: 64 })).rejects.toThrow(/dimensions 64/)
  })
})

describe('findExtractor', () => {
  it('lists the known extractors in its error', async () => {
    await expect(findExtractor('cifar')).rejects.toMatchObject({
      code: 'EXTRACTOR_NOT_FOUND',
      hint: expect.stringContaining('did you mean "cifar10"?'),
    })
    await expect(findExtractor(join(root, 'nowhere'))).rejects.toMatchObject({ code: 'EXTRACTOR_NOT_FOUND' })
  })
})
