/**
 * The report of a training run as one self-contained HTML page: images, charts and style are inline, and there is no script. A
 * pure function of its data.
 */

import { isAdaptive } from '@mixflow/core'
import type { MetricsLine } from '../loop/run-folder.ts'
import { formatCount, formatDuration, formatLarge, formatNumber, formatPercent } from '../progress/format.ts'
import { type Content, type Html, html, reportStyle } from './html.ts'
import { type Judgement, verdictOf } from './judgement.ts'
import { lineChart, smooth } from './line-chart.ts'
import { nextCommands } from './next-commands.ts'
import { pngImage } from './png.ts'
import type { ReportData } from './report-data.ts'

export function renderReport(data: ReportData): string {
  const page = html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${reportTitle(data)} – MixFlow training report</title>
    <style>${reportStyle}</style>
  </head>
  <body>
    <main>
      ${resultSection(data)}
      ${learningSection(data)}
      ${sourceSection(data)}
      ${runSection(data)}
    </main>
    <footer>
      ${credit(data)}
      <p>Written by mixflow on <time datetime="${data.written}">${data.written.slice(0, 16).replace('T', ' ')} UTC</time>.</p>
    </footer>
  </body>
</html>
`
  return page.toString()
}

function credit({ dataset: { name, attribution, licence } }: ReportData) {
  if (attribution === null && licence === null) return html`<p>No licence is stated for the data set ${name}.</p>`
  const terms = licence === null ? 'No licence is stated.' : `Licence: ${licence}.`
  return html`<p>Data: ${attribution ?? name}. ${terms}</p>`
}

/** Charts of loss, KL and learning rate over the images seen, and the sample grids over time. */
function learningSection(data: ReportData): Html {
  const { config, metrics } = data
  const along = (key: keyof MetricsLine) => ({
    points: metrics.map(line => ({ x: line.imagesSeen, y: line[key] })),
    xTitle: 'images seen',
    xEnd: config.totalImages,
  })
  const kl = { ...along('kl'), noisy: true, yScale: 'auto', height: 150 } as const
  const rate = { ...along('learningRate'), noisy: false, yScale: 'linear', height: 150 } as const
  return html`
    <section aria-labelledby="learning">
      <h2 id="learning">How it learned</h2>
      ${lineChart({ title: 'Loss', ...along('loss'), noisy: true, yScale: 'auto', height: 260 })}
      <p class="note">
        The mean squared error of the predicted velocity${config.source !== null && html`, plus ${config.source.klWeight} × KL`}.
        It does not reach zero: many images can lead through the same noisy point, and the velocity predicted there is their average.
      </p>
      <div class="pair">
        ${config.source !== null && lineChart({ title: 'KL of the encoder, in nats per image', ...kl })}
        ${lineChart({ title: 'Learning rate', ...rate })}
      </div>
    </section>
    ${gridsOverTime(data)}`
}

function gridsOverTime({ grids }: ReportData): Html | null {
  if (grids.length < 2) return null
  return html`
    <section aria-labelledby="over-time">
      <h2 id="over-time">The same noise, over time</h2>
      <ol class="strip">
        ${grids.map(({ imagesSeen, png }) => {
          const seen = `${formatCount(imagesSeen)} images`
          return html`<li><figure>${pngImage(png, `Samples after ${seen}`)}<figcaption>${seen}</figcaption></figure></li>`
        })}
      </ol>
    </section>`
}

/** Images of the κ-conditioned source, and the curvature of the sampled paths. */
function sourceSection({ sources, curvature }: ReportData): Html | null {
  if (sources === null && curvature === null) return null
  return html`
    <section aria-labelledby="source">
      <h2 id="source">Straighter paths, fewer steps</h2>
      ${sources !== null && sourceTable(sources)}
      ${curvature !== null && curvatureText(curvature)}
    </section>`
}

const sourceTable = (sources: NonNullable<ReportData['sources']>): Html => html`
  <p>
    Paths from noise to images are straight where they do not cross. In training, the starting point x0 is therefore conditioned
    on the image x1 (here the signal κ): an encoder predicts the distribution of x0 from it. The mixture weight w sets how much of
    that distribution is mixed with plain noise, from none at w = 0, where sampling starts, to all of it at w = 1.
  </p>
  <div class="scroll"><table class="sources">
    <caption>Starting points for the same images and the same noise. Values outside the range of the display are clipped.</caption>
    <tbody>${sources.map(({ name, png }) => html`<tr><th scope="row">${name}</th><td>${pngImage(png, `The images as ${name}`)}</td></tr>`)}</tbody>
  </table></div>`

const curvatureText = ({
  mean,
  standardDeviation,
  trajectories,
  steps,
}: NonNullable<ReportData['curvature']>): Html => html`
  <p>
    <b>Curvature ${formatNumber(mean)}</b> (standard deviation over paths: ${formatNumber(standardDeviation)}): the mean squared
    difference between the velocity along a path and the straight line from its start to its end, over
    ${formatCount(trajectories)} paths of ${formatCount(steps)} Euler steps each. A straight path has curvature 0, and one step
    follows it exactly. The root mean square difference is ${formatNumber(Math.sqrt(mean))}, for pixels in −1..1.
  </p>`

const stateWords = {
  running: 'still training',
  finished: 'finished',
  interrupted: 'interrupted',
  failed: 'failed',
} as const

/** The top of the page: the result in one sentence, the newest sample grid, and the key numbers. */
function resultSection(data: ReportData): Html {
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

/** `photos` is the preset of any data. */
const reportTitle = ({ preset, dataset }: ReportData): string =>
  preset === null || preset === 'photos' ? dataset.name : preset

/** The result of a finished run, or the progress of another. */
export function resultSentence(data: ReportData): string {
  const { config, image, labels, parameters, dataset, device, state } = data
  const { imagesSeen = 0, seconds = 0 } = data.metrics.at(-1) ?? {}
  const network = `a network of ${formatLarge(parameters.denoiser)} parameters`
  if (state === 'finished') {
    const seen = `saw the ${formatCount(dataset.images)} images of ${dataset.name} ${formatTimes(imagesSeen / dataset.images)}`
    const classes = labels === null ? '' : ` of ${formatCount(labels.count)} classes`
    const images = `${image.width}\u00a0×\u00a0${image.height} images${classes}`
    const opening = `In ${formatDuration(seconds)} on ${device}, ${network} ${seen}`
    const verdict = data.judgement === null ? 'learned' : verdictOf(data.judgement)
    if (verdict === 'learned') return `${opening} and learned to generate ${images} in ${evaluationsText(config)} each.`
    return `${opening}. ${adviceOn(verdict, data)}`
  }
  const share = formatPercent(imagesSeen / config.totalImages)
  const opening = { running: 'Running, at', interrupted: 'Interrupted after', failed: 'Failed after' }[state]
  const far = `${formatCount(imagesSeen)} of ${formatCount(config.totalImages)} images (${share})`
  return `${opening} ${far}, ${formatDuration(seconds)} into training ${network} on ${device}.`
}

/** What is wrong with the samples, by which numbers, and what to do. */
function adviceOn(verdict: 'grainy' | 'noise', { judgement, dataset, metrics }: ReportData): string {
  const { loss, trivialLoss, grain } = judgement as Judgement
  const { imagesSeen = 0 } = metrics.at(-1) ?? {}
  const numbers = `the loss is ${formatNumber(loss)}, and ${formatNumber(trivialLoss)} for a predictor that only scales the noisy image`
  const rough =
    grain === null
      ? ''
      : `; on a scale from the data (0 %) to noise (100 %), the roughness of the samples is ${formatPercent(grain)}`
  const isShort = imagesSeen < 20 * dataset.images || imagesSeen < 20_000
  const advice = isShort
    ? 'Train longer, with the command below.'
    : 'Train longer, with the command below. If the loss no longer falls, start a new run with another learningRate or a larger denoiser.options.patchSize.'
  const what = verdict === 'noise' ? 'The samples are still noise: ' : 'The samples still have grain: '
  return `${what}${numbers}${rough}. ${advice}`
}

/** `6.4 times`, `0.25 times`, `once` */
const formatTimes = (times: number): string => (times === 1 ? 'once' : `${Number(times.toPrecision(2))} times`)

/** `5 evaluations` */
const evaluationsText = ({ sampling: { solver, nfe } }: ReportData['config']): string =>
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
        ${pngImage(newest.png, `Samples after training on ${formatCount(newest.imagesSeen)} images${rows}`)}
      </div>
      <figcaption>
        Uncurated samples after training on ${formatCount(newest.imagesSeen)} images: ${evaluationsText(config)} each with
        ${solver}${isGuided && `, guidance ${guidance} (two network calls per evaluation)`}.${gridRows !== null && ' One row per class.'}
      </figcaption>
    </figure>`
}

function keyNumbers({ metrics, parameters, config: { sampling } }: ReportData): [value: string, name: string][] {
  const { imagesSeen = 0, seconds = 0 } = metrics.at(-1) ?? {}
  const losses = metrics.map(({ imagesSeen: x, loss: y }) => ({ x, y })).filter(({ y }) => Number.isFinite(y))
  const numbers: [value: string, name: string, isKnown: boolean][] = [
    [formatCount(sampling.nfe), 'evaluations per image', !isAdaptive(sampling.solver)],
    [formatDuration(seconds), 'training time', seconds > 0],
    [formatCount(imagesSeen), 'images seen', true],
    [formatNumber(imagesSeen / seconds), 'images per second', seconds > 0],
    [formatNumber(smooth(losses).at(-1)?.y ?? Number.NaN), 'loss, smoothed', losses.length > 0],
    [formatLarge(parameters.denoiser), 'parameters', true],
  ]
  return numbers.filter(([, , isKnown]) => isKnown).map(([value, name]) => [value, name])
}

/** The next commands, the facts of the run as a table, and the full configuration. */
function runSection(data: ReportData): Html {
  return html`
    <section aria-labelledby="next">
      <h2 id="next">Next steps</h2>
      <dl class="commands">
        ${nextCommands(data).map(({ title, command }) => html`<dt>${title}</dt><dd><pre tabindex="0"><code>${command}</code></pre></dd>`)}
      </dl>
    </section>
    <section aria-labelledby="run">
      <h2 id="run">The run</h2>
      <div class="scroll"><table class="facts">
        <tbody>${facts(data).map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`)}</tbody>
      </table></div>
      <details>
        <summary>Full configuration</summary>
        <pre tabindex="0"><code>${JSON.stringify(data.config, null, 2)}</code></pre>
      </details>
    </section>`
}

function facts(data: ReportData): [name: string, value: Content][] {
  const { config, dataset, image, labels, parameters, metrics } = data
  const { step = 0, imagesSeen = 0, seconds = 0 } = metrics.at(-1) ?? {}
  const speed = `${formatNumber(imagesSeen / seconds)} images per second`
  const time = seconds > 0 ? `${formatDuration(seconds)} of training steps, ${speed}` : 'none yet'
  const { solver, nfe, guidance } = config.sampling
  const pixels = `${image.width} × ${image.height}, ${image.channels === 1 ? 'grey' : 'colour'}`
  const encoder = parameters.encoder === 0 ? '' : `, encoder ${formatCount(parameters.encoder)}`
  return [
    ['Data', `${dataset.name}: ${formatCount(dataset.images)} images of ${pixels}`],
    ['Classes', labels === null ? 'none' : (labels.names?.join(', ') ?? formatCount(labels.count))],
    ['Parameters', `denoiser ${formatCount(parameters.denoiser)}${encoder}`],
    ['Images seen', `${formatCount(imagesSeen)} of ${formatCount(config.totalImages)}`],
    ['Steps', `${formatCount(step)} of ${formatCount(config.batchSize)} images each`],
    ['Time', time],
    ['Device', data.device],
    ['Source', sourceText(config)],
    ['Sampling', `${solver}${isAdaptive(solver) ? '' : `, ${nfe} evaluations`}, guidance ${guidance}`],
    ['Seed', `${config.seed}, for initial parameters, batches and sampling noise`],
    ['Command', html`<code>${data.command}</code>`],
  ]
}

function sourceText({ source }: ReportData['config']): string {
  if (source === null) return 'N(0, I): plain rectified flow'
  const { weight } = source
  const drawn =
    weight === 'uniform'
      ? 'w uniform in 0..1'
      : typeof weight === 'number'
        ? `w = ${weight}`
        : `w in ${weight.levels} levels`
  return `κ = ${source.kappa}, ${source.gaussian}, mixing ${source.mixing}, ${drawn}, KL weight ${source.klWeight}`
}
