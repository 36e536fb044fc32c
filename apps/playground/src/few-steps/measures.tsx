/** Curvature, distance to the result at the largest NFE, and time of both models. */
import { ScrollTable } from '../parts/scroll-table.tsx'
import { formatMilliseconds } from '../parts/units.ts'
import { budgets, type Comparison, curvatureSteps, distanceBetween, sides, sideTitles } from './compare.ts'

export function Measures({ results, curvatures }: Pick<Comparison, 'results' | 'curvatures'>) {
  const last = results[budgets.length - 1]
  return (
    <section className="panel comparison-measures" aria-labelledby="comparison-measures">
      <h2 id="comparison-measures">Curvature, error and time</h2>
      <p className="muted">
        <b>Curvature</b> of these images’ paths, measured with {curvatureSteps} Euler steps; 0 is straight. <b>Error</b>
        : root mean square difference from the same model’s images at NFE {budgets.at(-1)}; black to white is 1.{' '}
        <b>Time</b> per image on this device.
      </p>
      <ScrollTable label="Table of measurements">
        <thead>
          <tr>
            <th scope="col">Model</th>
            <th scope="col">Curvature</th>
            {budgets.map(nfe => (
              <th key={nfe} scope="col">
                NFE {nfe}
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
                const result = results[i]?.[side]
                const reference = last?.[side]
                return (
                  <td key={nfe}>
                    <span className="error">
                      {result !== undefined && reference !== undefined && result !== reference
                        ? distanceBetween(result, reference).toFixed(3)
                        : '–'}
                    </span>
                    <span className="time">
                      {result === undefined ? '–' : formatMilliseconds(result.milliseconds / result.images.length)}
                    </span>
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </ScrollTable>
    </section>
  )
}
