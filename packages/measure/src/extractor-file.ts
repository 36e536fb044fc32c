/**
 * `extractor.json` describes a feature network, its preprocessing and, optionally, statistics of known data sets. It is often
 * written by hand, so the size and SHA-256 of the network may be left out.
 *
 *   { "format": "mixflow-extractor", "version": 1, "name": "ResNet56",
 *     "network": { "file": "resnet56.onnx", "bytes": 3422124, "sha256": "e0ce…" },
 *     "input": { "name": "images", "channels": 3, "height": 32, "width": 32, "range": [0, 1] },
 *     "resize": "none", "rounding": "round",
 *     "features": { "name": "features", "dimensions": 64 }, "logits": { "name": "logits", "classes": 10 },
 *     "statistics": ["cifar10-train.safetensors"] }
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { nearest, parseStrictJson } from '@mixflow/core/internal'
import { readFailure, readRegularFile, readRegularText } from '@mixflow/files'
import { z } from 'zod'
import type { ExtractorDescription } from './extractor.ts'
import { resizes } from './resize.ts'

export const extractorFileName = 'extractor.json'

/** A path below the folder of `extractor.json`. */
const fileName = z.string().regex(/^(?!\.\.?\/)[A-Za-z0-9_][\w./-]*$/, 'must be a file beside extractor.json')
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits')
const whole = z
  .int()
  .min(1)
  .lte(2 ** 31)
const port = z.string().min(1).max(200)

const schema = z.strictObject({
  format: z.literal('mixflow-extractor'),
  version: z.literal(1),
  name: z.string().regex(/^[A-Za-z0-9][\w.-]{0,60}$/, 'must be up to 61 letters, digits, ".", "_" and "-"'),
  licence: z.string().optional(),
  /** Origin of the network. */
  origin: z.string().optional(),
  network: z.strictObject({ file: fileName, bytes: whole.optional(), sha256: sha256.optional() }),
  input: z.strictObject({
    name: port,
    channels: z.union([z.literal(1), z.literal(3)]),
    height: whole,
    width: whole,
    range: z.tuple([z.number(), z.number()]),
  }),
  resize: z.enum(resizes),
  rounding: z.enum(['round', 'truncate']),
  features: z.strictObject({ name: port, dimensions: whole }),
  logits: z.strictObject({ name: port, classes: whole }).nullable(),
  statistics: z.array(fileName).default([]),
})

export type ExtractorFile = z.output<typeof schema>

/** An extractor read from disk, its network not yet opened. */
export interface StoredExtractor {
  readonly description: ExtractorDescription
  readonly network: Uint8Array
  /** Paths of its statistics files. */
  readonly statistics: readonly string[]
}

/** @param path for messages. @throws MixflowError EXTRACTOR_INVALID */
export function parseExtractorFile(text: string, path: string): ExtractorFile {
  const hint = 'packages/measure/README.md has an example of each field'
  const result = schema.safeParse(parseStrictJson(text, { what: path, code: 'EXTRACTOR_INVALID', hint }))
  if (result.success) return result.data
  const why = z
    .prettifyError(result.error)
    .replaceAll('✖ ', '')
    .replaceAll(/\s*\n\s*/g, ' ')
  throw new MixflowError('EXTRACTOR_INVALID', `${path}: ${why}`, { hint, details: { path }, cause: result.error })
}

/**
 * Reads an extractor.
 *
 * @param path of its folder or its `extractor.json` *
 * @throws MixflowError EXTRACTOR_NOT_FOUND, EXTRACTOR_INVALID
 */
export async function readExtractor(path: string): Promise<StoredExtractor> {
  const isFolder = (await stat(path).catch(() => null))?.isDirectory() === true
  const file = isFolder ? join(path, extractorFileName) : path
  const details = { path: file }
  const text = await readRegularText(file).catch(cause => {
    throw new MixflowError('EXTRACTOR_NOT_FOUND', `no feature extractor at ${file}: ${readFailure(cause)}`, {
      hint: `give a folder with an ${extractorFileName}, or the path of that file`,
      details,
      cause,
    })
  })
  if (!file.endsWith('.json')) {
    const hint = `write an ${extractorFileName} beside it with its preprocessing: packages/measure/README.md has one for Inception`
    throw new MixflowError('EXTRACTOR_INVALID', `${basename(file)} is a network without a description`, {
      hint,
      details,
    })
  }
  const { name, network, input, resize, rounding, features, logits, statistics } = parseExtractorFile(text, file)
  const { name: port, ...images } = input
  const { content, sha256 } = await readNetwork(join(dirname(file), network.file), network)
  return {
    description: {
      ...{ name, sha256, resize, rounding, input: port, ...images, logits },
      ...{ features: features.name, dimensions: features.dimensions },
    },
    network: content,
    statistics: statistics.map(each => join(dirname(file), each)),
  }
}

async function readNetwork(path: string, expected: ExtractorFile['network']) {
  const content = await readRegularFile(path).catch(cause => {
    throw new MixflowError('EXTRACTOR_INVALID', `the network ${path} cannot be read: ${readFailure(cause)}`, {
      hint: `correct "network.file" in ${extractorFileName}, or put the network beside it`,
      details: { path },
      cause,
    })
  })
  const found = createHash('sha256').update(content).digest('hex')
  const { bytes = content.length, sha256 = found } = expected
  if (bytes === content.length && sha256 === found) return { content, sha256: found }
  const message = `${path} has another size or SHA-256 than its ${extractorFileName} states`
  throw new MixflowError('EXTRACTOR_INVALID', message, {
    hint: 'download it again, or correct bytes and sha256: results of different networks cannot be compared',
    details: { path, found: { bytes: content.length, sha256: found }, expected },
  })
}

/** Names of the published extractors. */
export const extractorNames = ['cifar10', 'mnist', 'mnist-reader'] as const

/**
 * Finds a feature extractor by name or path; packages are resolved from this package and from the working directory.
 *
 * @param nameOrPath `cifar10`, the name of an installed package, or the path of a folder or `extractor.json`
 * @throws MixflowError EXTRACTOR_NOT_FOUND, EXTRACTOR_INVALID
 */
export async function findExtractor(nameOrPath: string): Promise<StoredExtractor> {
  const file = packagePath(nameOrPath)
  if (file !== undefined) return readExtractor(file)
  if (existsSync(nameOrPath) || /[/\\.]/.test(nameOrPath.replace(/^@/, ''))) return readExtractor(nameOrPath)
  const near = nearest(nameOrPath, extractorNames)
  throw new MixflowError('EXTRACTOR_NOT_FOUND', `no feature extractor named "${nameOrPath}"`, {
    hint: [
      ...(near === undefined ? [] : [`did you mean "${near}"?`]),
      `extractors: ${extractorNames.join(', ')}; an installed package with an ${extractorFileName}; or a folder with one`,
    ],
    details: { nameOrPath, nearest: near, known: extractorNames },
  })
}

function packagePath(name: string): string | undefined {
  if (!/^(@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*$/.test(name)) return undefined
  for (const candidate of name.startsWith('@') ? [name] : [`@mixflow/features-${name}`, name]) {
    for (const from of [import.meta.url, join(process.cwd(), 'index.js')]) {
      try {
        return createRequire(from).resolve(`${candidate}/${extractorFileName}`)
      } catch {}
    }
  }
  return undefined
}
