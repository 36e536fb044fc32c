/** The top of a report: what came out in one sentence, the newest grid of samples, and the few numbers that matter. */
import { isAdaptive } from '@mixflow/core'
import { formatCount, formatDuration, formatLarge, formatNumber, formatPercent } from '../progress/format.ts'
import { type Html, html } from './html.ts'
import { type Judgement, verdictOf } from './judgement.ts'
import { picture } from './picture.ts'
import type { ReportData } from './report-data.ts'
import { smooth } from './smooth.ts'

const stateWords = {
  running: 'still training',
  finished: 'finished',
  interrupted: 'interrupted',
  failed: 'failed',
} as const

export function resultSection(data: ReportData): Html {
  return html`
    <header>
      <p class="eyebrow">MixFlow training run <span class="state ${data.state}">${stateWords[data.state]}</span></p>
      <h1>${reportTitle(data)}</h1>
      <p class="lead">${resultSentence(data)}</p>
      ${data.reason !== undefined && html`<p class="reason">${data.reason}</p>`}
    </header>
    <div class="hero">
      ${newestGrid(data)}
      <dl class="numbers">${keyNumbers(data).map(([value, name]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
    </div>`
}

export const reportTitle = ({ preset, dataset }: ReportData): string => preset ?? dataset.name

/** What came out, or how far it is. */
export function resultSentence(data: ReportData): string {
  const { config, image, labels, parameters, dataset, device, state } = data
  const { imagesSeen = 0, seconds = 0 } = data.metrics.at(-1) ?? {}
  const network = `a network of ${formatLarge(parameters.denoiser)} parameters`
  if (state === 'finished') {
    const seen = `saw the ${formatCount(dataset.images)} images of ${dataset.name} ${formatTimes(imagesSeen / dataset.images)}`
    const classes = labels === null ? '' : ` of ${formatCount(labels.count)} classes`
    const pictures = `${image.width}\u00a0×\u00a0${image.height} pictures${classes}`
    const opening = `In ${formatDuration(seconds)} on ${device}, ${network} ${seen}`
    const verdict = data.judgement === null ? 'learned' : verdictOf(data.judgement)
    if (verdict === 'learned') return `${opening} and learned to draw ${pictures} in ${samplingWords(config)} each.`
    return `${opening}. ${adviceOn(verdict, data)}`
  }
  const share = formatPercent(imagesSeen / config.totalImages)
  const opening = { running: 'Under way, at', interrupted: 'Interrupted after', failed: 'Failed after' }[state]
  const far = `${formatCount(imagesSeen)} of ${formatCount(config.totalImages)} images (${share})`
  return `${opening} ${far}, ${formatDuration(seconds)} into training ${network} on ${device}.`
}

/** What is wrong with the images, by which numbers, and what to do. */
function adviceOn(verdict: 'grainy' | 'noise', { judgement, dataset, metrics }: ReportData): string {
  const { loss, trivialLoss, grain } = judgement as Judgement
  const { imagesSeen = 0 } = metrics.at(-1) ?? {}
  const numbers = `its loss is ${formatNumber(loss)}, where a predictor that only scales the noisy image has ${formatNumber(trivialLoss)}`
  const rough =
    grain === null ? '' : `, and its samples are ${formatPercent(grain)} as far from the data in roughness as noise is`
  const isShort = imagesSeen < 20 * dataset.images || imagesSeen < 20_000
  const advice = isShort
    ? 'Train it longer, by the command below.'
    : 'Train it longer, by the command below; if the loss no longer falls, start a new run with another learningRate, or larger patches: denoiser.options.patchSize.'
  const what = verdict === 'noise' ? 'It has not learned to draw yet: ' : 'Its images still have grain: '
  return `${what}${numbers}${rough}. ${advice}`
}

/** `6.4 times`, `0.25 times`, `once` */
const formatTimes = (times: number): string => (times === 1 ? 'once' : `${Number(times.toPrecision(2))} times`)

/** `5 evaluations` */
export const samplingWords = ({ sampling: { solver, nfe } }: ReportData['config']): string =>
  isAdaptive(solver) ? 'as many evaluations as the adaptive solver takes' : `${nfe} evaluation${nfe === 1 ? '' : 's'}`

function newestGrid({ grids, gridRows, config, labels }: ReportData): Html {
  const newest = grids.at(-1)
  if (newest === undefined) return html`<p class="nothing">No samples were drawn yet.</p>`
  const { solver, guidance } = config.sampling
  const isGuided = labels !== null && guidance > 0
  const rows = gridRows === null ? '' : `; each row is one class, from the top ${gridRows.join(', ')}`
  return html`
    <figure class="grid">
      <div class="labelled">
        ${gridRows !== null && html`<ol class="rows" aria-hidden="true">${gridRows.map(name => html`<li>${name}</li>`)}</ol>`}
        ${picture(newest.png, `Pictures drawn by the network after ${formatCount(newest.imagesSeen)} images${rows}`)}
      </div>
      <figcaption>
        Drawn by the network after ${formatCount(newest.imagesSeen)} images: ${samplingWords(config)} each with
        ${solver}${isGuided && `, guidance ${guidance} (which calls the network twice for each)`}. ${gridRows !== null && 'A row for each class. '}None
        was picked.
      </figcaption>
    </figure>`
}

function keyNumbers({ metrics, parameters, config: { sampling } }: ReportData): [value: string, name: string][] {
  const { imagesSeen = 0, seconds = 0 } = metrics.at(-1) ?? {}
  const losses = metrics.map(({ imagesSeen: x, loss: y }) => ({ x, y })).filter(({ y }) => Number.isFinite(y))
  const numbers: [value: string, name: string, isKnown: boolean][] = [
    [formatCount(sampling.nfe), 'evaluations per picture', !isAdaptive(sampling.solver)],
    [formatDuration(seconds), 'of training', seconds > 0],
    [formatCount(imagesSeen), 'images seen', true],
    [formatNumber(imagesSeen / seconds), 'images per second', seconds > 0],
    [formatNumber(smooth(losses).at(-1)?.y ?? Number.NaN), 'loss, smoothed', losses.length > 0],
    [formatLarge(parameters.denoiser), 'parameters', true],
  ]
  return numbers.filter(([, , isKnown]) => isKnown).map(([value, name]) => [value, name])
}
