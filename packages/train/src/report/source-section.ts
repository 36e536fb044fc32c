/** What the method adds: pictures of the κ-conditioned source, and how curved the paths from noise to picture came out. */
import { formatCount, formatNumber } from '../progress/format.ts'
import { type Html, html } from './html.ts'
import { picture } from './picture.ts'
import type { ReportData } from './report-data.ts'

export function sourceSection({ sources, curvature }: ReportData): Html | null {
  if (sources === null && curvature === null) return null
  return html`
    <section aria-labelledby="source">
      <h2 id="source">Straighter paths, fewer steps</h2>
      ${sources !== null && sourcePictures(sources)}
      ${curvature !== null && curvatureText(curvature)}
    </section>`
}

const sourcePictures = (sources: NonNullable<ReportData['sources']>): Html => html`
  <p>
    Paths from noise to pictures can be straight where they need not cross. So in training a starting point x0 is no blind
    noise: the κ-encoder looks at the picture x1 and moves its noise towards it, as far as the mixture weight w says:
    not at all at w = 0, where sampling starts, and all the way at w = 1.
  </p>
  <div class="scroll"><table class="sources">
    <caption>Starting points of the same images, with the same noise. Values beyond black and white are cut off.</caption>
    <tbody>${sources.map(({ name, png }) => html`<tr><th scope="row">${name}</th><td>${picture(png, `The images as ${name}`)}</td></tr>`)}</tbody>
  </table></div>`

const curvatureText = ({
  mean,
  standardDeviation,
  trajectories,
  steps,
}: NonNullable<ReportData['curvature']>): Html => html`
  <p>
    <b>Curvature ${formatNumber(mean)}</b> (± ${formatNumber(standardDeviation)} from path to path): the mean squared
    difference between the velocity along a path and the straight line from its start to its end, over
    ${formatCount(trajectories)} paths of ${formatCount(steps)} Euler steps each. 0 would be straight lines, which a single step
    follows to the end; here the velocity is off the straight one by ${formatNumber(Math.sqrt(mean))} on average
    (root mean square), where pixels go from −1 to 1.
  </p>`
