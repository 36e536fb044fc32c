/**
 * The feature extractor that `--features` names: a published one, a folder, or an `extractor.json` at an address, whose network
 * is then downloaded once, verified and kept. `--resize` and `--rounding` change its steps; both are part of what results are
 * known by.
 */

import { join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { checkWord } from '@mixflow/core/internal'
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

/** @throws MixflowError EXTRACTOR_*, DOWNLOAD_*, ARGUMENT_INVALID for another word than there is */
export async function openFeatures(place: string, options: FeaturesOptions): Promise<StoredExtractor> {
  const found = /^https?:/i.test(place) ? await fetched(new URL(place), options) : await findExtractor(place)
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

const mostBytes = 2 ** 20

async function fetched(address: URL, { signal, onProgress }: FeaturesOptions): Promise<StoredExtractor> {
  const url = address.pathname.endsWith('.json')
    ? address
    : new URL(extractorFileName, `${address.origin}${address.pathname.replace(/\/?$/, '/')}`)
  const text = await fetchText(url, signal)
  const { network } = parseExtractorFile(text, url.href)
  const { bytes, sha256, file } = network
  if (bytes === undefined || sha256 === undefined) {
    throw new MixflowError('EXTRACTOR_INVALID', `${url.href} does not say bytes and sha256 of its network`, {
      hint: 'what is downloaded must be verified: add both, or download it yourself and give the folder',
      details: { address: url.href },
    })
  }
  const folder = join(cacheFolder('measures'), 'extractors', sha256)
  await download({ addresses: [new URL(file, url).href], path: join(folder, file), bytes, sha256, signal, onProgress })
  // statistics that it names stay where they are: they are computed here
  await writeFileDurably(join(folder, extractorFileName), JSON.stringify({ ...JSON.parse(text), statistics: [] }))
  return readExtractor(folder)
}

async function fetchText(url: URL, signal: AbortSignal): Promise<string> {
  const failed = (code: 'DOWNLOAD_OFFLINE' | 'DOWNLOAD_NOT_FOUND' | 'DOWNLOAD_REFUSED', why: string, cause?: unknown) =>
    new MixflowError(code, `no ${extractorFileName} from ${url.origin}${url.pathname}: ${why}`, {
      hint: `give the address of an ${extractorFileName}, or of the folder that it is in`,
      details: { address: url.href },
      cause,
    })
  const response = await fetch(url, { signal }).catch(cause => {
    if (signal.aborted) throw new MixflowError('ABORTED', 'the operation was aborted', { cause })
    throw failed('DOWNLOAD_OFFLINE', 'no connection could be made', cause)
  })
  const { status, ok } = response
  if (!ok)
    throw failed(status === 404 || status === 410 ? 'DOWNLOAD_NOT_FOUND' : 'DOWNLOAD_REFUSED', `status ${status}`)
  const text = await response.text()
  if (text.length <= mostBytes) return text
  throw new MixflowError(
    'EXTRACTOR_INVALID',
    `${url.href} has ${text.length} characters: it is no ${extractorFileName}`,
  )
}
