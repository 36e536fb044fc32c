/** Curvature, distance to the result at the largest NFE, and time of both models. */
import { DataTable } from '../parts/data-table.tsx'
import { formatMilliseconds } from '../parts/units.ts'
import { methods, methodTitles } from '../paths/training/run.ts'
import { budgets, type Comparison, curvatureSteps, distanceBetween } from './compare.ts'

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
      <DataTable
        label="Table of measurements"
        titles={['Model', 'Curvature', ...budgets.map(nfe => `NFE ${nfe}`)]}
        hasRowHeaders
        classOfRow={row => methods[row]}
        rows={methods.map(method => [
          methodTitles[method],
          <span key="curvature" className="curvature">
            {curvatures[method]?.toPrecision(3) ?? '–'}
          </span>,
          ...budgets.map((nfe, i) => <Measure key={nfe} result={results[i]?.[method]} reference={last?.[method]} />),
        ])}
      />
    </section>
  )
}

type Result = Comparison['results'][number]['mixflow']

const Measure = ({ result, reference }: { readonly result: Result; readonly reference: Result }) => (
  <>
    <span className="error">
      {result !== undefined && reference !== undefined && result !== reference
        ? distanceBetween(result, reference).toFixed(3)
        : '–'}
    </span>
    <span className="time">
      {result === undefined ? '–' : formatMilliseconds(result.milliseconds / result.images.length)}
    </span>
  </>
)
