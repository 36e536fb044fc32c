/**
 * The model card (`README.md`): what the model is, how to use it, its training, its difference from the trained network, and its
 * quality. Every number comes from the manifest or the checkpoint, and unknown facts are stated as unknown. The block at the
 * top is for model hubs.
 */

import type { Manifest, ManifestFile, Parity, SourceFacts } from '@mixflow/core'
import { type Checkpoint, markdownText } from '@mixflow/core/internal'
import type { WeightsKind } from '../checkpoint/open-checkpoint.ts'
import { fileNames } from '../model-folder.ts'
import { batchSizes, imageCount } from '../parity/probes.ts'
import { browserExample, nodeExample } from './card-usage.ts'
import { authored, count, duration, fence, frontMatter, size, small, table, words } from './markdown.ts'

export interface CardFacts {
  /** Complete except for the entry of the card. */
  readonly manifest: Manifest
  readonly record: Checkpoint
  readonly weights: WeightsKind
  /** Number of parameters of each network. */
  readonly parameters: { readonly denoiser: number; readonly encoder: number }
  /** Caption of the grid; null without one. */
  readonly caption: string | null
  /** npm package of the model. */
  readonly packageName?: string | undefined
  /** Replaces the table of quality measures. */
  readonly qualityText?: string | undefined
  readonly machine?: string | undefined
}

/** The manifest's values for an unknown licence (from SPDX) and an unknown training command. */
export const noLicence = 'NOASSERTION'
export const noCommand = 'not recorded'

export function modelCard(facts: CardFacts): string {
  const { manifest } = facts
  const sections = [
    hubFacts(manifest),
    `# ${manifest.name}`,
    authored(manifest.description ?? ''),
    introduction(facts),
    gridImage(facts),
    '## Use it',
    ...usage(facts),
    `With any ONNX runtime, without mixflow: from noise to an image in eight steps. ${outputText(manifest)}`,
    fence('js', browserExample(manifest)),
    '## Files',
    filesTable(manifest),
    '## Training',
    trainingTable(facts),
    commandText(manifest),
    '## Difference from the trained network',
    parityText(manifest),
    '## Quality',
    facts.qualityText ?? qualityTable(manifest),
    '## Licence',
    licenceText(facts),
  ]
  return `${sections.filter(text => text !== '').join('\n\n')}\n`
}

function usage({ manifest, packageName }: CardFacts): string[] {
  const install = 'ONNXRUNTIME_NODE_INSTALL=skip npm install @mixflow/sdk-node'
  const node = ['In Node:', fence('sh', packageName === undefined ? install : `${install} ${packageName}`)]
  if (packageName === undefined) return [...node, fence('js', nodeExample(manifest))]
  const canvas = '`putImageData(image.toImageData(), 0, 0)`'
  const browser = `In a page it is the same with \`@mixflow/sdk-web\`; ${canvas} paints an image on a canvas.`
  return [...node, fence('js', nodeExample(manifest, packageName)), browser]
}

/** Licences that hubs know by their lower-case SPDX identifier; others go into the field `license_name`. */
const hubLicences =
  /^(mit|apache-2\.0|cc0-1\.0|cc-by(-nc)?(-sa|-nd)?-[34]\.0|bsd-[23]-clause|openrail|gpl-3\.0|unlicense)$/

function hubFacts({ licence }: Manifest): string {
  const known = licence.toLowerCase()
  const named = hubLicences.test(known) ? { license: known } : { license: 'other', license_name: licence }
  return frontMatter({
    ...(licence === noLicence ? { license: 'unknown' } : named),
    library_name: 'mixflow',
    pipeline_tag: 'unconditional-image-generation',
    tags: ['mixflow', 'rectified-flow', 'flow-matching', 'image-generation', 'onnx'],
  })
}

const kappaText = {
  image: 'the image itself',
  label: 'the class',
  noise: 'noise',
  'image+noise': 'the image and noise',
} as const

function introduction({ manifest: { image, labels, sampler, source } }: CardFacts): string {
  const images = `${image.width} × ${image.height} ${image.channels === 1 ? 'grey' : image.channels === 3 ? 'colour' : `${image.channels}-channel`} images`
  const classes =
    labels === null
      ? ''
      : ` of ${count(labels.count)} ${labels.count === 1 ? 'class' : 'classes'}${classNames(labels.names)}`
  const cost = sampler.nfe ?? sampler.steps
  const evaluations = cost === undefined ? '' : `, ${cost} ${sampler.nfe === undefined ? 'steps' : 'evaluations'} each`
  const guided = sampler.guidance > 0 ? `, guidance ${sampler.guidance}` : ''
  const method =
    source === null
      ? 'A rectified flow whose source is N(0, I).'
      : `A [MixFlow](https://arxiv.org/abs/2604.09181) model: a rectified flow whose source was conditioned on ${kappaText[source.kappa]} and mixed with N(0, I) in training.`
  return `Generates ${images}${classes} from noise, by default with the solver \`${sampler.solver}\`${evaluations}${guided}. ${method}`
}

const classNames = (names: readonly string[] | undefined): string =>
  names === undefined || names.length > 30 ? '' : ` (${names.map(markdownText).join(', ')})`

const gridImage = ({ caption }: CardFacts): string =>
  caption === null ? '' : `![${words(caption)}](${fileNames.grid})`

function outputText({ image: { channels, height, width }, source }: Manifest): string {
  const numbers = `\`x\` ends as ${channels} × ${height} × ${width} numbers (channels, rows, columns) in about [-1, 1].`
  if (source?.kappa !== 'label' && source?.kappa !== 'noise') return numbers
  return `${numbers} It starts from N(0, I), which is mixture weight 0; \`sample\` above starts from the encoder.`
}

const roleText = {
  denoiser: 'the network that sampling calls',
  encoder: 'the κ-encoder, which conditions the source',
  card: 'this card',
  grid: 'samples',
  licence: 'the licence',
  report: 'an image of this card',
} as const satisfies Record<ManifestFile['role'], string>

function filesTable({ files }: Manifest): string {
  const rows = files.map(({ path, role, dtype, bytes }) => [
    `\`${path}\``,
    dtype === undefined ? roleText[role] : `${roleText[role]}, ${dtype} parameters`,
    size(bytes),
  ])
  const manifest = [
    `\`${fileNames.manifest}\``,
    'description of the model for programs, with the SHA-256 of every file',
    '',
  ]
  return table(['File', 'Content', 'Size'], [manifest, ...rows])
}

function trainingTable({ manifest: { training }, record, weights, parameters, machine }: CardFacts): string {
  const { dataset, source, seed, preset } = record
  const encoder = parameters.encoder === 0 ? '' : `, encoder ${count(parameters.encoder)}`
  const halfLife = training.emaHalfLifeImages === null ? '' : `, half-life ${count(training.emaHalfLifeImages)} images`
  return table(
    ['', ''],
    [
      ['Data', `${markdownText(dataset.name)}${dataset.images === 0 ? '' : `, ${count(dataset.images)} images`}`],
      ...(preset === null ? [] : [['Preset', markdownText(preset)]]),
      ['Images seen', `${count(training.imagesSeen)} in ${count(training.steps)} steps`],
      ...(record.trainSeconds === 0 ? [] : [['Time', `${duration(record.trainSeconds)} of training steps`]]),
      ...(machine === undefined ? [] : [['Machine', words(machine)]]),
      ['Parameters', `denoiser ${count(parameters.denoiser)}${encoder}`],
      [
        'Parameters exported',
        weights === 'ema' ? `moving average${halfLife}` : 'those of the last step (no moving average)',
      ],
      ['Source', sourceText(source)],
      ['Seed', String(seed)],
    ],
  )
}

function sourceText(source: SourceFacts | null): string {
  if (source === null) return 'N(0, I)'
  const { kappa, gaussian, mixing, klWeight, conditionOnWeight } = source
  const conditioned = conditionOnWeight ? ', denoiser conditioned on w' : ''
  return `κ = ${kappa}, Gaussian ${gaussian}, mixing ${mixing}, KL weight ${klWeight}${conditioned}`
}

const commandText = ({ training: { command } }: Manifest): string =>
  command === noCommand ? 'The command was not recorded.' : `Command:\n\n${fence('sh', command)}`

function parityText({ parity }: Manifest): string {
  const sizes = `${batchSizes.slice(0, -1).join(', ')} and ${batchSizes.at(-1)}`
  const row = (dtype: string, { maxAbsError, limit }: Parity) => [dtype, small(maxAbsError), small(limit)]
  return [
    `The files were run in ONNX Runtime on ${imageCount} random inputs, in batches of ${sizes}, and compared with the trained network in TensorFlow.js (WebAssembly, one image at a time).`,
    table(
      ['Precision', 'Largest absolute difference', 'Limit'],
      Object.entries(parity).map(([dtype, measured]) => row(dtype, measured as Parity)),
    ),
  ].join('\n\n')
}

function qualityTable({ quality }: Manifest): string {
  if (quality.length === 0) return 'Not measured. `mixflow evaluate` measures it.'
  const rows = quality.map(({ metric, value, n, solver, nfe, guidance }) => [
    markdownText(metric),
    String(value),
    count(n),
    `${solver}, ${nfe} NFE${guidance ? `, guidance ${guidance}` : ''}`,
  ])
  return table(['Metric', 'Value', 'Images', 'Sampling'], rows)
}

function licenceText({ manifest: { licence, training }, record: { dataset } }: CardFacts): string {
  const weights =
    licence === noLicence ? 'No licence was stated for the parameters.' : `The parameters: ${words(licence)}.`
  const credit = training.attribution
  return `${weights}\n\nThe data, ${markdownText(dataset.name)}: ${credit === undefined ? 'no licence or attribution was stated' : words(credit)}.`
}
