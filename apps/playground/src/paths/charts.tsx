/** How far both flows are from the data, by number of steps, and how curved their paths are, since training began. */
import { Chart } from '../parts/chart.tsx'
import { methods, methodTitles } from './training/settings.ts'
import { measuredSteps } from './training/snapshot.ts'
import type { Measures } from './use-training.ts'

export function Charts({ measures }: { readonly measures: readonly Measures[] }) {
  const steps = measures.map(({ step }) => step)
  const series = (value: (flow: Measures['flows']['mixflow']) => number) =>
    methods.map(method => ({
      name: methodTitles[method],
      className: method,
      values: measures.map(({ flows }) => value(flows[method])),
    }))
  return (
    <section className="panel measures" aria-labelledby="measures">
      <h2 id="measures">Measured</h2>
      <p>
        <b>Distance</b> to the data after so many Euler steps (energy distance; about 0.01 is as near as another sample
        of the data comes) and <b>curvature</b> of the paths (0 is straight), against steps of training. Lower is
        better; axes are logarithmic.
      </p>
      <div className="charts">
        {measuredSteps.map((count, i) => (
          <Chart
            key={count}
            title={count === 1 ? 'Distance, 1 step' : `Distance, ${count} steps`}
            {...{ steps, low: 0.003, high: 2 }}
            series={series(({ distances }) => distances[i]!)}
          />
        ))}
        <Chart title="Curvature" {...{ steps, low: 0.005, high: 1 }} series={series(({ curvature }) => curvature)} />
      </div>
    </section>
  )
}
