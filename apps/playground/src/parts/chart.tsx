/** A small chart of two series by step, on a logarithmic axis; the last values stand beside it in words. */

export interface Series {
  readonly name: string
  readonly className: string
  /** As many as steps. */
  readonly values: readonly number[]
}

export interface ChartProps {
  readonly title: string
  readonly steps: readonly number[]
  readonly series: readonly Series[]
  /** Ends of the axis, both above 0. */
  readonly low: number
  readonly high: number
}

const [width, height] = [200, 84]

export function Chart({ title, steps, series, low, high }: ChartProps) {
  const last = Math.max(1, steps.at(-1) ?? 1)
  const x = (step: number) => (width * step) / last
  const y = (value: number) => {
    const share = Math.log(Math.min(high, Math.max(low, value)) / low) / Math.log(high / low)
    return height - share * height
  }
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
