/** The plan for measures of samples: feature extractor, settings, and reference images. */

import { join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { checkWord, defined, download as downloadBytes, printableName, resolveLabel } from '@mixflow/core/internal'
import { writeFileDurably } from '@mixflow/files'
import {
  comparesWithData,
  extractorFileName,
  findExtractor,
  openExtractor,
  parseExtractorFile,
  planSettings,
  type Reference,
  readExtractor,
  referenceOf,
  resizes,
  type SampleOptions,
  type SettingsPlan,
  type StoredExtractor,
  shippedReference,
} from '@mixflow/measure'
import { cacheFolder, type DataProgress, type Dataset, download, otherClasses } from '@mixflow/train'
import { openDataOrList } from '../open-data.ts'
import { dataOf, type Job, progressBar, type SampleFacts, showDataProgress } from './evaluation.ts'
import type { OpenGenerator } from './open-generator.ts'

export interface PlannedSamples {
  readonly options: SampleOptions
  readonly features: StoredExtractor
  readonly facts: SampleFacts
  /** The reference images, if they had to be opened. */
  readonly data: Dataset | null
}

export async function plannedSamples(job: Job): Promise<PlannedSamples> {
  const { flags, metrics, status, signal, generator } = job
  const { n, ranges, batchSize } = flags
  const features = await openFeatures(flags.features ?? defaultFeatures(generator), {
    resize: flags.resize,
    rounding: flags.rounding,
    signal,
    onProgress: showDataProgress(status),
  })
  const { settings, skipped: left } = plannedSettings(job)
  const needsData = metrics.samples.some(comparesWithData)
  const { reference, data } = needsData ? await openReference(job, features) : { reference: null, data: null }
  const { name, sha256, resize, rounding } = features.description
  return {
    features,
    data,
    options: { extractor: features.description, metrics: metrics.samples, settings, reference, n, ranges, batchSize },
    facts: {
      n,
      ranges,
      batchSize,
      guidance: guidanceOf(job),
      left,
      extractor: { name, sha256, resize, rounding },
      reference: reference && {
        data: reference.key.data,
        split: reference.key.split,
        count: reference.key.count,
      },
    },
  }
}

/** Digits have their own extractor. An image size that neither extractor accepts becomes an error with a hint. */
const defaultFeatures = ({ model: { image } }: OpenGenerator): string =>
  image.channels === 1 && image.height === 28 && image.width === 28 ? 'mnist' : 'cifar10'

function guidanceOf({ flags, generator: { model } }: Job): number | null {
  if (model.labels === null) return null
  const isUnlabelled = flags.label !== undefined && resolveLabel(flags.label, model.labels) === null
  return flags.guidance ?? (isUnlabelled ? 0 : model.sampler.guidance)
}

function plannedSettings({ flags, solvers, generator: { model } }: Job): SettingsPlan {
  const { guidance, mixtureWeight, gridPower, tolerance, perImage, label } = flags
  const { solver, nfe } = model.sampler
  return planSettings({
    solvers: solvers ?? [solver],
    nfe: flags.nfe ?? [nfe ?? 9],
    common: {
      ...defined({ guidance, mixtureWeight, gridPower, tolerance, perImage }),
      ...(label === undefined ? {} : { label: resolveLabel(label, model.labels) }),
    },
  })
}

/** The training images, because a generator should reproduce their distribution. */
async function openReference(
  job: Job,
  { network, description, statistics }: StoredExtractor,
): Promise<{ readonly reference: Reference; readonly data: Dataset | null }> {
  const { flags, metrics, generator, status, signal } = job
  const { channels, height, width } = generator.model.image
  const { spec, options } = dataOf(job)
  const needsRows = metrics.samples.some(metric => metric === 'precision-recall' || metric === 'neighbours')
  if (!needsRows) {
    const key = { data: spec, split: 'train', channels, height, width }
    const shipped = await shippedReference(key, description, statistics)
    if (shipped !== null) return { reference: shipped, data: null }
  }
  const data = await openDataOrList(spec, options)
  const other = otherClasses(generator.model.labels, data)
  if (other !== null) {
    status.clear()
    process.stderr.write(`${printableName(`note: ${other}; all images are compared, whatever their class`)}\n`)
  }
  const { threads } = flags
  const extractor = await openExtractor(network, description, defined({ threads }))
  try {
    const reference = await referenceOf(data, extractor, {
      features: needsRows,
      cacheDir: cacheFolder('measures'),
      statistics,
      signal,
      onProgress: fraction => status.show(`${progressBar(fraction)}  features of ${data.name}`),
    })
    return { reference, data }
  } finally {
    await extractor.dispose()
  }
}

interface FeaturesOptions {
  readonly resize?: string | undefined
  readonly rounding?: string | undefined
  readonly signal: AbortSignal
  readonly onProgress: (progress: DataProgress) => void
}

/**
 * Opens the feature extractor of `--features`: a published one, a folder, or the URL of an `extractor.json`, whose network is downloaded
 * once and verified. `--resize` and `--rounding` override its preprocessing.
 *
 * @throws MixflowError EXTRACTOR_*, DOWNLOAD_*; ARGUMENT_INVALID for an unknown method
 */
async function openFeatures(source: string, options: FeaturesOptions): Promise<StoredExtractor> {
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
