/** Charts of both flows over the training: distance to the data for several numbers of Euler steps, and curvature. */
import { measuredSteps, methods, methodTitles } from './training/run.ts'
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
      <h2 id="measures">Measurements</h2>
      <p>
        <b>Distance</b> between the data and points generated in this many Euler steps (energy distance; about 0.01 is
        as close as another sample of the data) and <b>curvature</b> of the paths (0 is straight), by training step.
        Lower is better. The axes are logarithmic.
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

interface ChartProps {
  readonly title: string
  readonly steps: readonly number[]
  readonly series: readonly {
    readonly name: string
    readonly className: string
    /** One for each of the steps. */
    readonly values: readonly number[]
  }[]
  /** Range of the logarithmic axis, both above 0. */
  readonly low: number
  readonly high: number
}

const [width, height] = [200, 84]

/** The latest values are also shown as text. */
function Chart({ title, steps, series, low, high }: ChartProps) {
  const last = Math.max(1, steps.at(-1) ?? 1)
  const x = (step: number) => (width * step) / last
  const y = (value: number) =>
    height - (height * Math.log(Math.min(high, Math.max(low, value)) / low)) / Math.log(high / low)
  const decades = [0.001, 0.01, 0.1, 1].filter(value => value > low && value < high)
  return (
    <figure className="chart">
      <figcaption>{title}</figcaption>
      <svg viewBox={`0 -3 ${width} ${height + 6}`} preserveAspectRatio="none" aria-hidden="true">
        {decades.map(value => (
          <line key={value} className="chart-grid" x1="0" x2={width} y1={y(value)} y2={y(value)} />
        ))}
        {series.map(({ name, className, values }) => (
          <polyline
            key={name}
            className={`chart-line ${className}`}
            points={values.map((value, i) => `${x(steps[i]!).toFixed(1)},${y(value).toFixed(1)}`).join(' ')}
          />
        ))}
      </svg>
      <dl>
        {series.map(({ name, className, values }) => (
          <div key={name} className={className}>
            <dt>{name}</dt>
            <dd>{values.at(-1)?.toFixed(3) ?? '–'}</dd>
          </div>
        ))}
      </dl>
    </figure>
  )
}
