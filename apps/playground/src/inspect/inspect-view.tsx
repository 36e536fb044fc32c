/** Inspect: the manifest, card and quality of a model from a URL or a local folder, and samples from it. */

import { Button } from '@base-ui/react/button'
import { type DragEvent, lazy, Suspense, useEffect, useState } from 'react'
import { droppedFiles, type FolderFiles, modelIn } from '../models/local-folder.ts'
import { parseModelUrl } from '../models/model-source.ts'
import { ModelSourceForm } from '../models/model-source-form.tsx'
import { folderPath } from '../models/served-models.ts'
import { useServedModels } from '../models/use-model.ts'
import { Lead } from '../parts/lead.tsx'
import { Problem } from '../parts/problem.tsx'
import { LoadingBar } from '../parts/progress-bar.tsx'
import { formatBytes } from '../parts/units.ts'
import { useTask } from '../parts/use-task.ts'
import { classLabel, number, text } from '../url/fields.ts'
import { useUrlState } from '../url/url-state.ts'
import './inspect.css'
import { type Inspection, type InspectionRequest, inspect, notInspected } from './inspection.ts'
import { ManifestView } from './manifest-view.tsx'
import { SamplesView } from './samples-view.tsx'

const CardView = lazy(async () => ({ default: (await import('./card-view.tsx')).CardView }))

const fields = {
  from: text('', 2000),
  seed: number({ min: 0, max: 999_999, whole: true, initial: 0 }),
  label: classLabel,
}

export default function InspectView() {
  const [{ from, seed, label }, change] = useUrlState(fields)
  const [request, setRequest] = useState<InspectionRequest | null>(null)
  const { values, status } = useTask(request, notInspected, inspect)
  const [isDragging, setDragging] = useState(false)

  useEffect(() => {
    if (from !== '') setRequest({ open: async () => ({ from: parseModelUrl(from) }) })
  }, [from])

  const openFiles = (files: () => Promise<FolderFiles> | FolderFiles) => {
    change({ from: '' })
    setRequest({
      async open() {
        const { model, release } = await modelIn(await files())
        return { from: model, release }
      },
    })
  }
  const onDrag = (event: DragEvent) => {
    event.preventDefault()
    setDragging(event.type === 'dragover')
    if (event.type !== 'drop') return
    // the dropped items can be read only during the event
    const files = droppedFiles(event.dataTransfer.items)
    openFiles(() => files)
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the form offers the same by keyboard
    <div className={isDragging ? 'inspect over' : 'inspect'} onDragOver={onDrag} onDragLeave={onDrag} onDrop={onDrag}>
      <Lead title="Inspect a model" fields={fields}>
        A model is a folder with a manifest, <code>mixflow.json</code>, that lists each file with its size and hash.
        Open one by URL or from your device to see its facts, its card and samples. Local files are not uploaded.
      </Lead>
      <ModelSourceForm isPanel canDrop url={from} onUrl={next => change({ from: next })} onFiles={openFiles} />
      <ServedModelList isCompact={request !== null} {...{ from }} onChange={next => change({ from: next })} />
      {request !== null && <Results {...{ values, seed, label }} isRunning={status === 'running'} onChange={change} />}
    </div>
  )
}

interface ServedModelListProps {
  readonly isCompact: boolean
  readonly from: string
  readonly onChange: (url: string) => void
}

function ServedModelList({ isCompact, from, onChange }: ServedModelListProps) {
  const served = useServedModels() ?? []
  return (
    <ul className={isCompact ? 'served-models compact' : 'served-models'} aria-label="Models on this page">
      {served.map(model => {
        const { name, description, bytes } = model
        const path = folderPath(model)
        return (
          <li key={name}>
            <Button className="button served-model" aria-pressed={path === from} onClick={() => onChange(path)}>
              <b>{name}</b>
              {!isCompact && (
                <span className="muted">{[description, formatBytes(bytes)].filter(Boolean).join(' ')}</span>
              )}
            </Button>
          </li>
        )
      })}
    </ul>
  )
}

interface ResultsProps {
  readonly values: Inspection
  readonly isRunning: boolean
  readonly seed: number
  readonly label: string
  readonly onChange: (some: { readonly seed?: number; readonly label?: string }) => void
}

function Results({ values, isRunning, seed, label, onChange }: ResultsProps) {
  const { manifest, card, model, progress, errors } = values
  return (
    <div className="results" aria-busy={isRunning}>
      <div className="results-column">
        {errors.manifest !== undefined && <Problem error={errors.manifest} title="Can’t open this model" />}
        {errors.model !== undefined && <Problem error={errors.model} title="Can’t load its networks" />}
        {model !== undefined && <SamplesView {...{ model, seed, label, onChange }} />}
        {model === undefined && errors.model === undefined && manifest !== undefined && (
          <section className="panel" aria-label="Loading">
            <LoadingBar name="Networks" progress={progress} />
          </section>
        )}
        {errors.card !== undefined && <Problem error={errors.card} title="Can’t show its model card" />}
        {card !== undefined && (
          <section className="panel" aria-labelledby="card">
            <h2 id="card">Model card</h2>
            <Suspense fallback={null}>
              <CardView card={card} />
            </Suspense>
          </section>
        )}
      </div>
      {manifest !== undefined && (
        <div className="results-column">
          <ManifestView manifest={manifest} />
        </div>
      )}
    </div>
  )
}
