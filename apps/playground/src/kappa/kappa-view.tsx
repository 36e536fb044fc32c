/** κ-FC: an image, the encoder's output for it, the mixed source, and the images generated from that. */
import type { PlanarImage } from '@mixflow/core'
import { labelText } from '@mixflow/core/internal'
import type { WebModel } from '@mixflow/sdk-web'
import { type DragEvent, useMemo, useState } from 'react'
import { ModelChoice } from '../models/model-choice.tsx'
import { ModelState } from '../models/model-state.tsx'
import { preloadModel, useModel } from '../models/use-model.ts'
import { ClassChoice } from '../parts/class-choice.tsx'
import { Lead } from '../parts/lead.tsx'
import { Problem } from '../parts/problem.tsx'
import { SeedField } from '../parts/seed-field.tsx'
import { type TaskContext, useTask } from '../parts/use-task.ts'
import { classLabel, number, text } from '../url/fields.ts'
import { useUrlState } from '../url/url-state.ts'
import { EncoderView } from './encoder-view.tsx'
import { type Examples, examplesFor } from './examples.ts'
import { ImageInput } from './image-input.tsx'
import './kappa.css'
import { readImage } from './resize-image.ts'
import { SourceView } from './source-view.tsx'
import { useVariations, type VariationsRequest } from './use-variations.ts'

preloadModel()

const fields = {
  model: text('', 2000),
  seed: number({ min: 0, max: Number.MAX_SAFE_INTEGER, whole: true, initial: 0 }),
  w: number({ min: 0, max: 1, initial: 0.5 }),
  /** Index of the example; negative: the visitor's image. */
  example: number({ min: -1, max: 99, whole: true, initial: 3 }),
  /** Empty: the class of the example; −1: predicted by the model. */
  label: classLabel,
}

/** Until the shape of the model's images is known. */
const defaultShape = { channels: 1, height: 28, width: 28 }

/** `label` in the URL: the model predicts the class. */
const predicted = '-1'

const count = 8

export default function KappaView() {
  const [state, change] = useUrlState(fields)
  const chosen = useModel(state.model)
  const { model, listed } = chosen
  const { image: shape = listed?.image ?? defaultShape, labels = listed?.labels ?? null } = model?.capabilities() ?? {}
  const canVary = model?.capabilities().methods.includes('variations') ?? false
  const [ownImage, setOwnImage] = useState<PlanarImage | null>(null)
  const [fileError, setFileError] = useState<unknown>(null)
  const { examples } = useTask(canVary && model !== undefined ? model : null, noExamples, loadExamples).values

  const example = state.example < 0 ? undefined : examples?.list[state.example % examples.list.length]
  const image = state.example < 0 ? ownImage : (example?.image ?? null)
  const label = state.label === '' ? example?.label : state.label === predicted ? undefined : state.label
  const request = useMemo((): VariationsRequest | null => {
    if (model === undefined || !canVary || image === null) return null
    const { image: shape, labels } = model.capabilities()
    if (image.width !== shape.width || image.height !== shape.height || image.channels !== shape.channels) return null
    return { model, image, seed: state.seed, count, label: labels === null ? undefined : label, mixtureWeight: state.w }
  }, [model, canVary, image, label, state.seed, state.w])
  const { found, error, isBusy } = useVariations(request)
  const current = found.model === model ? found : {}

  const takeImage = (next: PlanarImage) => {
    setOwnImage(next)
    setFileError(null)
    // the class stays the same for the new image
    const name = typeof label === 'number' ? labels && labelText(label, labels) : label
    if (state.example >= 0) change({ example: -1, label: name ?? predicted })
  }
  const takeFile = (file: Blob) => void readImage(file, shape).then(takeImage, setFileError)
  const onDrag = (event: DragEvent) => {
    event.preventDefault()
    const [file] = event.dataTransfer.files
    if (event.type === 'drop' && file !== undefined) takeFile(file)
  }
  const openModel = (id: string) => change({ model: id, label: '' })

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a file can also be chosen by keyboard
    <div className="kappa" onDragOver={onDrag} onDrop={onDrag}>
      <Lead title="Where paths start" fields={fields}>
        MixFlow’s encoder looks at a signal κ, here an image, and predicts where a path to that image should start: a
        mean and a variance for each pixel (κ-FC). The source mixes this prediction with plain noise by the weight{' '}
        <i>w</i>. At <i>w</i> = 0 the model generates any image, at <i>w</i> = 1 images similar to yours.
      </Lead>
      {chosen.served === undefined ? (
        <p className="loading">Loading…</p>
      ) : (
        <>
          <section className="controls" aria-label="Settings">
            <div className="controls-row">
              <ModelChoice label="Model" value={state.model} served={chosen.served} onChange={openModel} />
              <SeedField value={state.seed} onChange={seed => change({ seed })} />
              {labels !== null && (
                <ClassChoice
                  noneTitle="Predicted by the model"
                  labels={labels}
                  value={label ?? ''}
                  onChange={next => change({ label: next || predicted })}
                />
              )}
            </div>
          </section>
          {chosen.isNone || chosen.error !== undefined ? (
            <section className="panel waiting" aria-label="Model">
              <ModelState chosen={chosen} onChange={openModel} />
            </section>
          ) : model !== undefined && !canVary ? (
            <Unsupported model={model} />
          ) : (
            <>
              {error !== null && <Problem error={error} title="Sampling failed" />}
              {fileError !== null && <Problem error={fileError} title="Can’t use this file" />}
              <div className="kappa-columns">
                <ImageInput
                  {...{ image, shape, examples }}
                  selected={state.example}
                  onExample={i => change({ example: i, label: '' })}
                  onImage={takeImage}
                  onFile={takeFile}
                />
                <EncoderView encoded={current.encoded} image={shape} />
              </div>
              <SourceView
                {...{ isBusy, count }}
                found={current}
                image={shape}
                loading={model === undefined ? <ModelState chosen={chosen} onChange={openModel} /> : null}
                w={state.w}
                onChange={w => change({ w })}
              />
            </>
          )}
        </>
      )}
    </div>
  )
}

const Unsupported = ({ model: { manifest } }: { readonly model: WebModel }) => (
  <section className="panel waiting">
    <h2>This model has no image encoder</h2>
    <p className="muted">
      {manifest.source === null
        ? 'It is a rectified flow: its source is plain noise.'
        : `Its encoder uses κ = ${manifest.source.kappa}.`}{' '}
      Select a model whose κ is the image.
    </p>
  </section>
)

const noExamples: { readonly examples: Examples | undefined } = { examples: undefined }

/** Without examples, the visitor can still draw. */
async function loadExamples(model: WebModel, { signal, update }: TaskContext<typeof noExamples>): Promise<void> {
  update(noExamples)
  update({ examples: await examplesFor(model, signal) })
}
