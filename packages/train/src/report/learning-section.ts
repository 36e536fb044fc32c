/** How a run learned: its loss, the κ-encoder's KL and the learning rate over the images seen, and grids over time. */
import type { MetricsLine } from '../loop/run-folder.ts'
import { formatCount } from '../progress/format.ts'
import { type Html, html } from './html.ts'
import { lineChart } from './line-chart.ts'
import { picture } from './picture.ts'
import type { ReportData } from './report-data.ts'

export function learningSection(data: ReportData): Html {
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
        It does not go to zero: of the many pictures that a noisy point may belong to, the velocity can only be the average.
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
          return html`<li><figure>${picture(png, `Samples after ${seen}`)}<figcaption>${seen}</figcaption></figure></li>`
        })}
      </ol>
    </section>`
}
