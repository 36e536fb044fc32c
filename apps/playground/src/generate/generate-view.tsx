/** Generate: a gallery from a model, in as few steps as one likes. All that decides the pictures stands in the address. */
import { Button } from '@base-ui/react/button'
import { Progress } from '@base-ui/react/progress'
import { useMemo, useState } from 'react'
import { useAddressState } from '../address/address.ts'
import { RefusedValues } from '../address/refused-values.tsx'
import type { ZooModel } from '../models/catalogue.ts'
import { ModelState } from '../models/model-state.tsx'
import { openEarly, useModel } from '../models/use-model.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { PictureView } from '../parts/picture.tsx'
import { saveGrid } from '../parts/png.ts'
import { Problem } from '../parts/problem.tsx'
import { formatMilliseconds } from '../parts/units.ts'
import { GenerateControls } from './controls.tsx'
import './generate.css'
import { PictureDialog } from './picture-dialog.tsx'
import { fields, type ModelFacts, requestOf } from './request.ts'
import { type Sampling, useSampling } from './use-sampling.ts'

openEarly()

export default function GenerateView() {
  const [state, change] = useAddressState(fields)
  const chosen = useModel(state.model)
  const { model, listed } = chosen
  const capabilities = useMemo(() => model?.capabilities(), [model])
  const request = useMemo(
    () => (capabilities === undefined ? null : requestOf(state, capabilities)),
    [state, capabilities],
  )
  const sampling = useSampling(model, request)
  const [open, setOpen] = useState<number | null>(null)

  const { images, result, error, isRunning } = sampling
  const count = Number(state.count)
  const { width = 28, height = 28 } = capabilities?.image ?? listed?.image ?? {}
  const fileName = `${model?.manifest.name}-seed${state.seed}-${result?.solver}${result?.nfe}`

  return (
    <div className="generate">
      <header className="lead">
        <h1>Pictures in a few steps</h1>
        <p>
          Each picture begins as noise and is carried to data by the model’s velocity, evaluated as often as you say:
          watch what one evaluation more or less does. A seed always gives the same pictures, and this page’s address
          holds all that decides them.
        </p>
        <RefusedValues fields={fields} />
      </header>
      {chosen.zoo === undefined ? (
        <p className="loading">Loading …</p>
      ) : (
        <>
          <GenerateControls {...{ state, change, chosen }} facts={capabilities ?? (listed && factsOf(listed))} />
          <section className="panel gallery-panel" aria-label="Gallery" aria-busy={isRunning}>
            <div className="gallery-head">
              {model === undefined ? (
                <ModelState chosen={chosen} onChange={word => change({ model: word })} />
              ) : (
                <Status {...{ sampling, count, place: model.capabilities() }} />
              )}
              {!chosen.isNone && (
                <span className="gallery-buttons">
                  <Button
                    className="button"
                    disabled={model === undefined}
                    onClick={isRunning ? sampling.stop : error === null ? sampling.again : chosen.again}
                  >
                    {isRunning ? 'Stop' : 'Again'}
                  </Button>
                  <Button
                    className="button"
                    disabled={result === null}
                    onClick={() => result !== null && saveGrid(result.images, fileName)}
                  >
                    Save all
                  </Button>
                  <CopyButton title="Copy link" text={() => location.href} />
                </span>
              )}
            </div>
            {error !== null && <Problem error={error} title="Sampling failed" />}
            {!chosen.isNone && (
              <ul className="gallery" data-count={state.count} aria-label={`${count} pictures of seed ${state.seed}`}>
                {Array.from({ length: count }, (_, i) => (
                  <li key={i}>
                    <Button
                      className="gallery-picture"
                      aria-label={`Picture ${i}${nameOf(images[i]?.label, capabilities?.labels?.names)}`}
                      disabled={result === null}
                      focusableWhenDisabled
                      onClick={() => setOpen(i)}
                    >
                      <PictureView image={images[i]} {...{ width, height }} />
                    </Button>
                  </li>
                ))}
              </ul>
            )}
          </section>
        </>
      )}
      {model !== undefined && request !== null && result?.images[open ?? -1] !== undefined && (
        <PictureDialog
          {...{ model, request, fileName: `${fileName}-${open}` }}
          image={result.images[open!]!}
          className={nameOf(result.images[open!]!.label, capabilities?.labels?.names)}
          onClose={() => setOpen(null)}
        />
      )}
    </div>
  )
}

/** So that the controls are there before the model is. */
const factsOf = ({ sampler, labels, kappa }: ZooModel): ModelFacts => ({
  ...{ defaults: sampler, labels },
  mixtureWeight: kappa === 'label' || kappa === 'noise',
})

const nameOf = (label: number | undefined, names: readonly string[] | undefined) =>
  label === undefined ? '' : `, class ${names?.[label] ?? label}`

interface StatusProps {
  readonly sampling: Sampling
  readonly count: number
  readonly place: { readonly device: string; readonly dtype: string; readonly note?: string }
}

function Status({ sampling: { step, result, isRunning, error }, count, place }: StatusProps) {
  const part = result !== null ? 1 : (step?.fraction ?? 0)
  return (
    <div className="sampling-state">
      <p role="status">
        {result !== null ? (
          <>
            <b>{formatMilliseconds(result.milliseconds / count)}</b> a picture, <b>NFE {round(result.nfe)}</b>,{' '}
            {result.solver}, {place.device} ({place.dtype})
          </>
        ) : isRunning ? (
          step === null ? (
            'Sampling …'
          ) : (
            `Step ${step.step}${step.steps === undefined ? '' : ` of ${step.steps}`}`
          )
        ) : error === null ? (
          `Stopped${step === null ? '' : ` after step ${step.step}`}`
        ) : (
          ''
        )}
      </p>
      <Progress.Root className="progress" value={Math.round(100 * part)} aria-label="Steps done">
        <Progress.Track className="progress-track thin">
          <Progress.Indicator className="progress-done" />
        </Progress.Track>
      </Progress.Root>
    </div>
  )
}

const round = (value: number) => Number(value.toFixed(1))
