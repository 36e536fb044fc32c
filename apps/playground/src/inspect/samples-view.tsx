/** Samples of a loaded model, by seed and class. */
import { Button } from '@base-ui/react/button'
import type { SampleResult, WebModel } from '@mixflow/sdk-web'
import { useMemo } from 'react'
import { ClassChoice } from '../parts/class-choice.tsx'
import { ImageView } from '../parts/image-view.tsx'
import { Problem } from '../parts/problem.tsx'
import { SeedField } from '../parts/seed-field.tsx'
import { formatMilliseconds } from '../parts/units.ts'
import { type TaskContext, useTask } from '../parts/use-task.ts'

const count = 16

interface SamplesRequest {
  readonly model: WebModel
  readonly seed: number
  /** As in the URL. */
  readonly label: string
}

export interface SamplesProps extends SamplesRequest {
  readonly onChange: (some: { readonly seed?: number; readonly label?: string }) => void
}

const notSampled: { readonly result: SampleResult | null } = { result: null }

async function sample({ model, seed, label }: SamplesRequest, { signal, update }: TaskContext<typeof notSampled>) {
  const hasLabel = model.capabilities().labels !== null && label !== ''
  update({ result: await model.sample({ count, seed, signal, ...(hasLabel && { label }) }) })
}

export function SamplesView({ model, seed, label, onChange }: SamplesProps) {
  const request = useMemo(() => ({ model, seed, label }), [model, seed, label])
  const { values, error } = useTask(request, notSampled, sample)
  const { result } = values
  const { labels, device, dtype, note, image } = model.capabilities()
  return (
    <section className="panel" aria-labelledby="samples">
      <h2 id="samples">Samples</h2>
      <div className="samples-row">
        <SeedField value={seed} max={999_999} onChange={next => onChange({ seed: next })} />
        {labels !== null && <ClassChoice labels={labels} value={label} onChange={next => onChange({ label: next })} />}
        <Button className="button" onClick={() => onChange({ seed: (seed + 1) % 1_000_000 })}>
          Next {count}
        </Button>
      </div>
      {error !== null && <Problem error={error} title="Sampling failed" />}
      <ul className="samples" aria-label={`${count} images of seed ${seed}`}>
        {Array.from({ length: count }, (_, i) => (
          <li key={i}>
            <ImageView image={result?.images[i]} width={image.width} height={image.height} name={`Image ${i}`} />
          </li>
        ))}
      </ul>
      <p className="muted" role="status">
        {result === null
          ? 'Sampling…'
          : `NFE ${result.nfe} · ${formatMilliseconds(result.milliseconds / count)} per image on ${device} (${dtype})`}
        {note === undefined ? '' : ` · ${note}`}
      </p>
    </section>
  )
}
