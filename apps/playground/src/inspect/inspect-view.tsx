/** Inspect a model: from an address or a folder of this machine, all that its manifest tells, its card, and pictures from it. */
import { Button } from '@base-ui/react/button'
import { Progress } from '@base-ui/react/progress'
import type { ModelPackage } from '@mixflow/core'
import { type DragEvent, lazy, Suspense, useCallback, useEffect, useRef, useState } from 'react'
import { useAddressState } from '../address/address.ts'
import { classLabel, number, text } from '../address/fields.ts'
import { RefusedValues } from '../address/refused-values.tsx'
import { folderOfZooModel } from '../models/catalogue.ts'
import { droppedFiles, type FolderFiles, modelOf } from '../models/dropped-folder.ts'
import { progressText } from '../models/model-state.tsx'
import { PlaceForm } from '../models/place-form.tsx'
import { addressOf } from '../models/places.ts'
import { useZoo } from '../models/use-model.ts'
import { Problem } from '../parts/problem.tsx'
import { formatBytes } from '../parts/units.ts'
import './inspect.css'
import { type Inspection, inspect } from './inspection.ts'
import { ManifestView } from './manifest-view.tsx'
import { SamplesView } from './samples-view.tsx'

const CardView = lazy(async () => ({ default: (await import('./card-view.tsx')).CardView }))

const fields = {
  from: text('', 2000),
  seed: number({ min: 0, max: 999_999, whole: true, initial: 0 }),
  label: classLabel,
}

export default function InspectView() {
  const [{ from, seed, label }, change] = useAddressState(fields)
  const { found, isBusy, open } = useInspection()
  const [isOver, setOver] = useState(false)

  useEffect(() => {
    if (from !== '') open(async () => ({ place: addressOf(from) }))
  }, [from, open])

  const openFiles = (files: () => Promise<FolderFiles> | FolderFiles) => {
    change({ from: '' })
    open(async () => {
      const { model, release } = await modelOf(await files())
      return { place: model, release }
    })
  }
  const onDrag = (event: DragEvent) => {
    event.preventDefault()
    setOver(event.type === 'dragover')
    // entries are there only while the event is
    if (event.type === 'drop') {
      const files = droppedFiles(event.dataTransfer.items)
      openFiles(() => files)
    }
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is beside choosing, which keyboards have
    <div className={isOver ? 'inspect over' : 'inspect'} onDragOver={onDrag} onDragLeave={onDrag} onDrop={onDrag}>
      <header className="lead">
        <h1>Inspect a model</h1>
        <p>
          A model is a folder with a manifest, <code>mixflow.json</code>, that names every file with its size and hash.
          Give its address or its folder: see what it says about itself, and what it makes. A folder of yours stays in
          this page.
        </p>
        <RefusedValues fields={fields} />
      </header>
      <PlaceForm isPanel canDrop from={from} onAddress={next => change({ from: next })} onFiles={openFiles} />
      <OwnModels isBrief={found !== null} {...{ from }} onChange={next => change({ from: next })} />
      {found !== null && <Findings {...{ found, isBusy, seed, label }} onChange={change} />}
    </div>
  )
}

interface OwnModelsProps {
  readonly isBrief: boolean
  readonly from: string
  readonly onChange: (address: string) => void
}

/** Those that the page is served with. */
function OwnModels({ isBrief, from, onChange }: OwnModelsProps) {
  const zoo = useZoo() ?? []
  return (
    <ul className={isBrief ? 'own-models brief' : 'own-models'} aria-label="Models of this page">
      {zoo.map(model => {
        const { name, description, bytes } = model
        const place = folderOfZooModel(model)
        return (
          <li key={name}>
            <Button className="button own-model" aria-pressed={place === from} onClick={() => onChange(place)}>
              <b>{name}</b>
              {!isBrief && <span className="muted">{[description, formatBytes(bytes)].filter(Boolean).join(' ')}</span>}
            </Button>
          </li>
        )
      })}
    </ul>
  )
}

interface FindingsProps {
  readonly found: Inspection
  readonly isBusy: boolean
  readonly seed: number
  readonly label: string
  readonly onChange: (some: { readonly seed?: number; readonly label?: string }) => void
}

function Findings({ found, isBusy, seed, label, onChange }: FindingsProps) {
  const { manifest, card, model, progress, errors } = found
  return (
    <div className="findings" aria-busy={isBusy}>
      <div className="findings-column">
        {errors.manifest !== undefined && <Problem error={errors.manifest} title="The model cannot be opened" />}
        {errors.model !== undefined && <Problem error={errors.model} title="Its networks cannot be used" />}
        {model !== undefined && <SamplesView {...{ model, seed, label, onChange }} />}
        {model === undefined && errors.model === undefined && manifest !== undefined && (
          <section className="panel" aria-label="Loading">
            <Progress.Root
              className="progress"
              value={progress?.phase === 'files' ? Math.round(100 * progress.fraction) : null}
            >
              <Progress.Label>{`Networks: ${progressText(progress)}`}</Progress.Label>
              <Progress.Track className="progress-track">
                <Progress.Indicator className="progress-done" />
              </Progress.Track>
            </Progress.Root>
          </section>
        )}
        {errors.card !== undefined && <Problem error={errors.card} title="Its card cannot be shown" />}
        {card && (
          <section className="panel" aria-labelledby="card">
            <h2 id="card">Card</h2>
            <Suspense fallback={null}>
              <CardView card={card} />
            </Suspense>
          </section>
        )}
      </div>
      {manifest !== undefined && (
        <div className="findings-column">
          <ManifestView manifest={manifest} />
        </div>
      )}
    </div>
  )
}

interface Opened {
  readonly place: URL | ModelPackage
  readonly release?: () => void
}

/** The model that was opened last; opening another lets go of it. */
function useInspection() {
  const [found, setFound] = useState<Inspection | null>(null)
  const [isBusy, setBusy] = useState(false)
  const current = useRef<AbortController>(null)
  useEffect(() => () => current.current?.abort(), [])

  const open = useCallback((opening: () => Promise<Opened>) => {
    current.current?.abort()
    const controller = new AbortController()
    current.current = controller
    const { signal } = controller
    setFound({ errors: {} })
    setBusy(true)
    opening()
      .then(({ place, release }) => {
        if (release !== undefined) signal.addEventListener('abort', release, { once: true })
        return inspect(place, { signal, tell: setFound })
      })
      .catch(error => !signal.aborted && setFound({ errors: { manifest: error } }))
      .finally(() => !signal.aborted && setBusy(false))
  }, [])
  return { found, isBusy, open }
}
