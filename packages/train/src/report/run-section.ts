/** The facts of a run as a table, the commands to go on with, and the whole configuration. */
import { isAdaptive } from '@mixflow/core'
import { formatCount, formatDuration, formatNumber } from '../progress/format.ts'
import { type Content, type Html, html } from './html.ts'
import { nextCommands } from './next-commands.ts'
import type { ReportData } from './report-data.ts'

export function runSection(data: ReportData): Html {
  return html`
    <section aria-labelledby="next">
      <h2 id="next">Go on from here</h2>
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
        <summary>The whole configuration</summary>
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
    ['Source', sourceWords(config)],
    ['Sampling', `${solver}${isAdaptive(solver) ? '' : `, ${nfe} evaluations`}, guidance ${guidance}`],
    ['Seed', `${config.seed}, of weights, batches and sampled noise`],
    ['Command', html`<code>${data.command}</code>`],
  ]
}

function sourceWords({ source }: ReportData['config']): string {
  if (source === null) return 'N(0, I): plain rectified flow'
  const { weight } = source
  const drawn =
    weight === 'uniform'
      ? 'w evenly from 0 to 1'
      : typeof weight === 'number'
        ? `w = ${weight}`
        : `w in ${weight.levels} levels`
  return `κ = ${source.kappa}, ${source.gaussian}, mixing ${source.mixing}, ${drawn}, KL weight ${source.klWeight}`
}
