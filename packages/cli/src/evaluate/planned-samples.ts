/** What is measured of samples: by which features, with which settings, against which images. */

import { defined, printableName, resolveLabel } from '@mixflow/core/internal'
import {
  comparesWithData,
  openExtractor,
  planSettings,
  type Reference,
  referenceOf,
  type SampleOptions,
  type SettingsPlan,
  type StoredExtractor,
  shippedReference,
} from '@mixflow/measure'
import { cacheFolder, type Dataset, otherClasses } from '@mixflow/train'
import { openDataOrList } from '../data/open-data-or-list.ts'
import { progressBar } from '../terminal/progress-bar.ts'
import type { SampleFacts } from './evaluation.ts'
import { badImagesOf, dataOf, type Job, shareOf } from './job.ts'
import { openFeatures } from './open-features.ts'
import type { OpenGenerator } from './open-generator.ts'

export interface PlannedSamples {
  readonly options: SampleOptions
  readonly features: StoredExtractor
  readonly facts: SampleFacts
  /** The images that are compared with, where they had to be opened. */
  readonly data: Dataset | null
}

export async function plannedSamples(job: Job): Promise<PlannedSamples> {
  const { flags, asked, status, signal } = job
  const { resize, rounding, n, ranges, batchSize } = flags
  const features = await openFeatures(flags.features ?? usualFeatures(job.generator), {
    ...{ resize, rounding, signal },
    onProgress: ({ phase, what, done, total }) => status.show(`${progressBar(shareOf(done, total))}  ${phase} ${what}`),
  })
  const { settings, left } = plannedSettings(job)
  const { reference, data } = asked.samples.some(comparesWithData) ? await openReference(job, features) : noReference
  const { name, sha256, resize: resized, rounding: rounded } = features.description
  const key = reference?.key
  return {
    ...{ features, data },
    options: { extractor: features.description, metrics: asked.samples, settings, reference, n, ranges, batchSize },
    facts: {
      ...{
        n,
        ranges,
        batchSize,
        guidance: guidanceOf(job),
        left,
        extractor: { name, sha256, resize: resized, rounding: rounded },
      },
      reference: key === undefined ? null : { data: key.data, split: key.split, count: key.count },
    },
  }
}

/** Digits have an extractor of their own; what is neither 28 nor 32 pixels wide is refused by either, with a hint. */
const usualFeatures = ({ model: { image } }: OpenGenerator): string =>
  image.channels === 1 && image.height === 28 && image.width === 28 ? 'mnist' : 'cifar10'

function guidanceOf({ flags, generator: { model } }: Job): number | null {
  if (model.labels === null) return null
  const isOfNone = flags.label !== undefined && resolveLabel(flags.label, model.labels) === null
  return flags.guidance ?? (isOfNone ? 0 : model.sampler.guidance)
}

/** What is not said is the model's own. */
function plannedSettings({ flags, solvers, generator: { model } }: Job): SettingsPlan {
  const { guidance, mixtureWeight, gridPower, tolerance, perImage, label } = flags
  const common = defined({ guidance, mixtureWeight, gridPower, tolerance, perImage })
  const { solver, nfe } = model.sampler
  return planSettings({
    solvers: solvers ?? [solver],
    nfe: flags.nfe ?? [nfe ?? 9],
    common: { ...common, ...(label === undefined ? {} : { label: resolveLabel(label, model.labels) }) },
  })
}

interface OpenReference {
  readonly reference: Reference | null
  readonly data: Dataset | null
}

const noReference: OpenReference = { reference: null, data: null }

/** Of the training images: that is what a generator should be near. */
async function openReference(job: Job, { network, description, statistics }: StoredExtractor): Promise<OpenReference> {
  const { flags, asked, generator, status, signal } = job
  const { channels, height, width } = generator.model.image
  const spec = flags.data ?? dataOf(job)
  const needsRows = asked.samples.some(metric => metric === 'precision-recall' || metric === 'neighbours')
  if (!needsRows) {
    const named = { data: spec, split: 'train', channels, height, width }
    const shipped = await shippedReference(named, description, statistics)
    if (shipped !== null) return { reference: shipped, data: null }
  }
  const data = await openDataOrList(spec, {
    ...badImagesOf(job),
    channels: channels === 1 ? 1 : 3,
    ...(height === width ? { size: height } : {}),
    onProgress: ({ phase, what, done, total }) => status.show(`${progressBar(shareOf(done, total))}  ${phase} ${what}`),
    signal,
  })
  const other = otherClasses(generator.model.labels, data)
  if (other !== null) {
    status.clear()
    process.stderr.write(`${printableName(`note: ${other}; what is compared are all images, whatever their class`)}\n`)
  }
  const { threads } = flags
  const extractor = await openExtractor(network, description, threads === undefined ? {} : { threads })
  try {
    const reference = await referenceOf(data, extractor, {
      ...{ features: needsRows, cacheDir: cacheFolder('measures'), statistics, signal },
      onProgress: fraction => status.show(`${progressBar(fraction)}  features of ${data.name}`),
    })
    return { reference, data }
  } finally {
    await extractor.dispose()
  }
}
