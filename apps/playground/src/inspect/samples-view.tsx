/** A few pictures of the model that is loaded: by seed and class, with what they cost. */
import { Button } from '@base-ui/react/button'
import type { SampleResult, WebModel } from '@mixflow/sdk-web'
import { useEffect, useState } from 'react'
import { ClassChoice } from '../parts/class-choice.tsx'
import { PictureView } from '../parts/picture.tsx'
import { Problem } from '../parts/problem.tsx'
import { WholeNumber } from '../parts/whole-number.tsx'

const count = 16

export interface SamplesProps {
  readonly model: WebModel
  readonly seed: number
  /** As the address has it. */
  readonly label: string
  readonly onChange: (some: { readonly seed?: number; readonly label?: string }) => void
}

export function SamplesView({ model, seed, label, onChange }: SamplesProps) {
  const [result, setResult] = useState<SampleResult | null>(null)
  const [error, setError] = useState<unknown>(null)
  const { labels, device, dtype, note, image } = model.capabilities()
  const isGiven = labels !== null && label !== ''

  useEffect(() => {
    const controller = new AbortController()
    const { signal } = controller
    setError(null)
    model.sample({ count, seed, signal, ...(isGiven && { label }) }).then(
      made => !signal.aborted && setResult(made),
      failure => !signal.aborted && setError(failure),
    )
    return () => controller.abort()
  }, [model, seed, label, isGiven])

  return (
    <section className="panel" aria-labelledby="samples">
      <h2 id="samples">Samples</h2>
      <div className="samples-row">
        <WholeNumber label="Seed" value={seed} min={0} max={999_999} onChange={next => onChange({ seed: next })} />
        {labels !== null && <ClassChoice labels={labels} value={label} onChange={next => onChange({ label: next })} />}
        <Button className="button" onClick={() => onChange({ seed: (seed + 1) % 1_000_000 })}>
          {count} more
        </Button>
      </div>
      {error !== null && <Problem error={error} title="Sampling failed" />}
      <ul className="samples" aria-label={`${count} pictures of seed ${seed}`}>
        {Array.from({ length: count }, (_, i) => (
          <li key={i}>
            <PictureView image={result?.images[i]} width={image.width} height={image.height} name={`Picture ${i}`} />
          </li>
        ))}
      </ul>
      <p className="muted" role="status">
        {result === null
          ? 'Sampling …'
          : `${result.nfe} evaluations each, ${Math.round(result.milliseconds / count)} ms a picture on ${device} (${dtype})`}
        {note === undefined ? '' : `; ${note}`}
      </p>
    </section>
  )
}
