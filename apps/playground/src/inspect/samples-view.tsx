/** A few pictures of the model that is loaded: by seed and class, with what they cost. */
import { Button } from '@base-ui/react/button'
import type { SampledImage, SampleResult, WebModel } from '@mixflow/sdk-web'
import { useEffect, useId, useRef, useState } from 'react'
import { Problem } from '../parts/problem.tsx'
import { WholeNumber } from '../parts/whole-number.tsx'

const count = 16

export interface SamplesProps {
  readonly model: WebModel
  readonly seed: number
  /** Negative: the classes take turns. */
  readonly label: number
  readonly onChange: (some: { readonly seed?: number; readonly label?: number }) => void
}

export function SamplesView({ model, seed, label, onChange }: SamplesProps) {
  const [result, setResult] = useState<SampleResult | null>(null)
  const [error, setError] = useState<unknown>(null)
  const id = useId()
  const { labels, device, dtype, note, image } = model.capabilities()
  const known = labels !== null && label >= 0 && label < labels.count

  useEffect(() => {
    const controller = new AbortController()
    const { signal } = controller
    setError(null)
    model.sample({ count, seed, signal, ...(known && { label }) }).then(
      made => !signal.aborted && setResult(made),
      failure => !signal.aborted && setError(failure),
    )
    return () => controller.abort()
  }, [model, seed, label, known])

  return (
    <section className="panel" aria-labelledby="samples">
      <h2 id="samples">Samples</h2>
      <div className="samples-row">
        <WholeNumber label="Seed" value={seed} min={0} max={999_999} onChange={next => onChange({ seed: next })} />
        {labels !== null && (
          <div className="control">
            <label className="control-label" htmlFor={id}>
              Class
            </label>
            <select
              id={id}
              className="select"
              value={known ? label : -1}
              onChange={event => onChange({ label: Number(event.target.value) })}
            >
              <option value={-1}>all in turn</option>
              {Array.from({ length: Math.min(labels.count, 1000) }, (_, i) => (
                <option key={i} value={i}>
                  {labels.names?.[i] ?? i}
                </option>
              ))}
            </select>
          </div>
        )}
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

interface PictureProps {
  readonly image: SampledImage | undefined
  readonly width: number
  readonly height: number
  readonly name: string
}

function PictureView({ image, width, height, name }: PictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    if (image !== undefined) canvas.current!.getContext('2d')!.putImageData(image.toImageData() as ImageData, 0, 0)
  }, [image])
  return <canvas ref={canvas} className="picture" {...{ width, height }} role="img" aria-label={name} />
}
