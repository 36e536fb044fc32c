/**
 * Opens the feature extractor of `--features`: a published one, a folder, or the URL of an `extractor.json`, whose network is downloaded
 * once and verified. `--resize` and `--rounding` override its preprocessing; stored results are keyed by both.
 */

import { join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { checkWord, download as downloadBytes } from '@mixflow/core/internal'
import { writeFileDurably } from '@mixflow/files'
import {
  extractorFileName,
  findExtractor,
  parseExtractorFile,
  readExtractor,
  resizes,
  type StoredExtractor,
} from '@mixflow/measure'
import { cacheFolder, type DataProgress, download } from '@mixflow/train'

export interface FeaturesOptions {
  readonly resize?: string | undefined
  readonly rounding?: string | undefined
  readonly signal: AbortSignal
  readonly onProgress: (progress: DataProgress) => void
}

/** @throws MixflowError EXTRACTOR_*, DOWNLOAD_*; ARGUMENT_INVALID for an unknown method */
export async function openFeatures(source: string, options: FeaturesOptions): Promise<StoredExtractor> {
  const found = /^https?:/i.test(source) ? await downloaded(new URL(source), options) : await findExtractor(source)
  const { resize = found.description.resize, rounding = found.description.rounding } = options
  return {
    ...found,
    description: {
      ...found.description,
      resize: checkWord(resize, resizes, { what: 'resize' }),
      rounding: checkWord(rounding, ['round', 'truncate'], { what: 'rounding' }),
    },
  }
}

async function downloaded(address: URL, { signal, onProgress }: FeaturesOptions): Promise<StoredExtractor> {
  const url = address.pathname.endsWith('.json')
    ? address
    : new URL(extractorFileName, `${address.origin}${address.pathname.replace(/\/?$/, '/')}`)
  const { content } = await downloadBytes(url, { maxBytes: 2 ** 20, signal })
  const text = new TextDecoder().decode(content)
  const { network } = parseExtractorFile(text, url.href)
  const { bytes, sha256, file } = network
  if (bytes === undefined || sha256 === undefined) {
    throw new MixflowError('EXTRACTOR_INVALID', `${url.href} has no bytes or no sha256 of its network`, {
      hint: 'add both, so that the download can be verified, or download it yourself and use the folder',
      details: { address: url.href },
    })
  }
  const folder = join(cacheFolder('measures'), 'extractors', sha256)
  await download({ addresses: [new URL(file, url).href], path: join(folder, file), bytes, sha256, signal, onProgress })
  // its statistics are not downloaded but computed here
  await writeFileDurably(join(folder, extractorFileName), JSON.stringify({ ...JSON.parse(text), statistics: [] }))
  return readExtractor(folder)
}
