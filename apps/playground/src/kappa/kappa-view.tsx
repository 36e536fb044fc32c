/** κ-FC: a picture, what the encoder says of it, the source that is mixed from that, and the pictures that come of it. */
import type { PlanarImage } from '@mixflow/core'
import { labelText } from '@mixflow/core/internal'
import { type DragEvent, useEffect, useMemo, useState } from 'react'
import { useAddressState } from '../address/address.ts'
import { classLabel, number, text } from '../address/fields.ts'
import { RefusedValues } from '../address/refused-values.tsx'
import { ModelChoice } from '../models/model-choice.tsx'
import { ModelState } from '../models/model-state.tsx'
import { openEarly, useModel } from '../models/use-model.ts'
import { ClassChoice } from '../parts/class-choice.tsx'
import { Problem } from '../parts/problem.tsx'
import { WholeNumber } from '../parts/whole-number.tsx'
import { EncoderView } from './encoder-view.tsx'
import { type Examples, examplesFor } from './examples.ts'
import './kappa.css'
import { MixedView } from './mixed-view.tsx'
import { PictureInput } from './picture-input.tsx'
import { pictureOf } from './scale-picture.ts'
import { useSource } from './use-source.ts'

openEarly()

const fields = {
  model: text('', 2000),
  seed: number({ min: 0, max: Number.MAX_SAFE_INTEGER, whole: true, initial: 0 }),
  w: number({ min: 0, max: 1, initial: 0.5 }),
  /** Of the pictures to begin with; negative: drawn or dropped. */
  picture: number({ min: -1, max: 99, whole: true, initial: 3 }),
  /** Empty: that of the example; −1: as the model sees the picture. */
  label: classLabel,
}

/** Until the model's own size is known. */
const usual = { channels: 1, height: 28, width: 28 }

/** In the address: the class as the model sees it. */
const open = '-1'

/** Pictures of a batch. */
const count = 8

export default function KappaView() {
  const [state, change] = useAddressState(fields)
  const chosen = useModel(state.model)
  const { model, listed } = chosen
  const { image = listed?.image ?? usual, labels = listed?.labels ?? null } = model?.capabilities() ?? {}
  const canVary = model?.capabilities().methods.includes('variations') ?? false
  const [own, setOwn] = useState<PlanarImage | null>(null)
  const [fileError, setFileError] = useState<unknown>(null)
  const examples = useExamples(canVary ? model : undefined)

  const example = state.picture < 0 ? undefined : examples?.list[state.picture % examples.list.length]
  const picture = state.picture < 0 ? own : (example?.picture ?? null)
  const label = state.label === '' ? example?.label : state.label === open ? undefined : state.label
  const wish = useMemo(() => {
    if (model === undefined || !canVary || picture === null) return null
    const { width, height, channels } = model.capabilities().image
    if (picture.width !== width || picture.height !== height || picture.channels !== channels) return null
    return {
      model,
      picture,
      seed: state.seed,
      count,
      label: model.capabilities().labels === null ? undefined : label,
      mixtureWeight: state.w,
    }
  }, [model, canVary, picture, label, state.seed, state.w])
  const { found: last, error, isBusy } = useSource(wish)
  const found = last.model === model ? last : {}

  const take = (next: PlanarImage) => {
    setOwn(next)
    setFileError(null)
    // the class stays when the picture is another
    const same = typeof label === 'number' ? labels && labelText(label, labels) : label
    if (state.picture >= 0) change({ picture: -1, label: same ?? open })
  }
  const takeFile = (file: Blob) => {
    pictureOf(file, image).then(take, setFileError)
  }
  const onDrag = (event: DragEvent) => {
    event.preventDefault()
    const [file] = event.dataTransfer.files
    if (event.type === 'drop' && file !== undefined) takeFile(file)
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is beside choosing, which keyboards have
    <div className="kappa" onDragOver={onDrag} onDrop={onDrag}>
      <header className="lead">
        <h1>Where a picture’s path begins</h1>
        <p>
          MixFlow’s encoder sees a picture, which is κ, and says where a path to it should begin: for each pixel a mean
          and a variance. Mixed with plain noise by <i>w</i>, that is the source. Slide <i>w</i>: at 0 any picture comes
          out, at 1 pictures much like yours.
        </p>
        <RefusedValues fields={fields} />
      </header>
      {chosen.zoo === undefined ? (
        <p className="loading">Loading …</p>
      ) : (
        <>
          <section className="controls" aria-label="Model">
            <div className="controls-row">
              <ModelChoice
                label="Model"
                value={state.model}
                zoo={chosen.zoo}
                onChange={next => change({ model: next, label: '' })}
              />
              <WholeNumber
                label="Seed"
                value={state.seed}
                min={0}
                max={Number.MAX_SAFE_INTEGER}
                onChange={seed => change({ seed })}
              />
              {labels !== null && (
                <ClassChoice
                  open="as the model sees it"
                  labels={labels}
                  value={label ?? ''}
                  onChange={next => change({ label: next || open })}
                />
              )}
            </div>
          </section>
          {chosen.isNone || chosen.error !== undefined ? (
            <section className="panel waiting" aria-label="Model">
              <ModelState chosen={chosen} onChange={word => change({ model: word })} />
            </section>
          ) : model !== undefined && !canVary ? (
            <section className="panel waiting">
              <h2>This model’s κ is no picture</h2>
              <p className="muted">
                {model.manifest.source === null
                  ? 'It is a plain rectified flow: its source is noise, whatever the picture.'
                  : `Its κ is ${model.manifest.source.kappa}.`}{' '}
                Choose a model whose κ is the image, as the presets of this project train them.
              </p>
            </section>
          ) : (
            <>
              {error !== null && <Problem error={error} title="The source cannot be computed" />}
              {fileError !== null && <Problem error={fileError} title="The picture cannot be used" />}
              <div className="kappa-columns">
                <PictureInput
                  {...{ picture, examples, image }}
                  chosen={state.picture}
                  onExample={i => change({ picture: i, label: '' })}
                  onPicture={take}
                  onFile={takeFile}
                />
                <EncoderView encoded={found.encoded} image={image} />
              </div>
              <MixedView
                {...{ found, isBusy, count, image }}
                waiting={
                  model === undefined ? <ModelState chosen={chosen} onChange={word => change({ model: word })} /> : null
                }
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

/** Of the model, once they are there. */
function useExamples(model: ReturnType<typeof useModel>['model']): Examples | undefined {
  const [examples, setExamples] = useState<Examples>()
  useEffect(() => {
    if (model === undefined) return
    const controller = new AbortController()
    const { signal } = controller
    setExamples(undefined)
    examplesFor(model, signal).then(
      found => !signal.aborted && setExamples(found),
      () => {}, // there is still the board
    )
    return () => controller.abort()
  }, [model])
  return examples
}
