/** Beneath the matrix: what it cost, how far few evaluations are from many, and how curved the paths are. */
import { formatMilliseconds } from '../parts/units.ts'
import { budgets, type Compared, curvatureSteps, distanceBetween, sides, sideTitles } from './compare.ts'

export function Measures({ compared: { results, curvatures } }: { readonly compared: Compared }) {
  const last = results[budgets.length - 1]
  return (
    <section className="panel comparison-measures" aria-labelledby="comparison-measures">
      <h2 id="comparison-measures">Curvature and time</h2>
      <p className="muted">
        <b>Curvature</b> of the paths of these pictures, by {curvatureSteps} Euler steps: 0 is straight. <b>Off</b>: how
        far pictures are from the same model’s at {budgets.at(-1)} NFE (root mean square, black to white is 1).{' '}
        <b>Time</b>: of one picture, here and now.
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section className="scroll" tabIndex={0} aria-label="Table of curvature and time">
        <table>
          <thead>
            <tr>
              <th scope="col">Model</th>
              <th scope="col">Curvature</th>
              {budgets.map(nfe => (
                <th key={nfe} scope="col">
                  {nfe} NFE
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sides.map(side => (
              <tr key={side} className={side}>
                <th scope="row">{sideTitles[side]}</th>
                <td className="curvature">{curvatures[side]?.toPrecision(3) ?? '–'}</td>
                {budgets.map((nfe, i) => {
                  const made = results[i]?.[side]
                  const exact = last?.[side]
                  return (
                    <td key={nfe}>
                      <span className="off">
                        {made !== undefined && exact !== undefined && made !== exact
                          ? `${distanceBetween(made, exact).toFixed(3)} off`
                          : '–'}
                      </span>
                      <span className="time">
                        {made === undefined ? '–' : formatMilliseconds(made.milliseconds / made.images.length)}
                      </span>
                    </td>
                  )
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  )
}
