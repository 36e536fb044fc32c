/** Generate: images from a model. The URL contains all settings that determine them. */

import { Button } from '@base-ui/react/button'
import { useMemo, useState } from 'react'
import { ModelState } from '../models/model-state.tsx'
import type { ServedModel } from '../models/served-models.ts'
import { preloadModel, useModel } from '../models/use-model.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { ImageView } from '../parts/image-view.tsx'
import { Lead } from '../parts/lead.tsx'
import { Problem } from '../parts/problem.tsx'
import { ProgressBar } from '../parts/progress-bar.tsx'
import { formatMilliseconds } from '../parts/units.ts'
import { type Task, useTask } from '../parts/use-task.ts'
import { useUrlState } from '../url/url-state.ts'
import { GenerateControls } from './controls.tsx'
import './generate.css'
import { ImageDialog } from './image-dialog.tsx'
import { saveGrid } from './png.ts'
import { fields, type ModelFacts, requestOf } from './request.ts'
import { notSampled, type Sampling, type SamplingRequest, sampleSteps } from './sample-steps.ts'

preloadModel()

export default function GenerateView() {
  const [state, change] = useUrlState(fields)
  const chosen = useModel(state.model)
  const { model, listed } = chosen
  const capabilities = useMemo(() => model?.capabilities(), [model])
  const sampling = useMemo((): SamplingRequest | null => {
    if (model === undefined || capabilities === undefined) return null
    return { model, request: requestOf(state, capabilities) }
  }, [model, state, capabilities])
  const task = useTask(sampling, notSampled, sampleSteps)
  const [open, setOpen] = useState<number | null>(null)

  const { images, result } = task.values
  const isRunning = task.status === 'running'
  const count = Number(state.count)
  const { width = 28, height = 28 } = capabilities?.image ?? listed?.image ?? {}
  const fileName = `${model?.manifest.name}-seed${state.seed}-${result?.solver}${result?.nfe}`
  const openImage = result?.images[open ?? -1]

  return (
    <div className="generate">
      <Lead title="Images in a few steps" fields={fields}>
        An image starts as noise and follows the model’s velocity in a few steps. Change the number of function
        evaluations (NFE) to see how much each one contributes. The same seed and settings always give the same images;
        the link contains them all.
      </Lead>
      {chosen.served === undefined ? (
        <p className="loading">Loading…</p>
      ) : (
        <>
          <GenerateControls {...{ state, change, chosen }} facts={capabilities ?? (listed && factsOf(listed))} />
          <section className="panel gallery-panel" aria-label="Gallery" aria-busy={isRunning}>
            <div className="gallery-head">
              {model === undefined ? (
                <ModelState chosen={chosen} onChange={id => change({ model: id })} />
              ) : (
                <Status {...{ task, count, capabilities: model.capabilities() }} />
              )}
              {!chosen.isNone && (
                <span className="gallery-buttons">
                  <Button
                    className="button"
                    disabled={model === undefined}
                    onClick={isRunning ? task.stop : task.error === null ? task.restart : chosen.retry}
                  >
                    {isRunning ? 'Stop' : 'Run again'}
                  </Button>
                  <Button
                    className="button"
                    disabled={result === null}
                    onClick={() => result !== null && saveGrid(result.images, fileName)}
                  >
                    Save grid
                  </Button>
                  <CopyButton title="Copy link" text={() => location.href} />
                </span>
              )}
            </div>
            {task.error !== null && <Problem error={task.error} title="Sampling failed" />}
            {!chosen.isNone && (
              <ul className="gallery" data-count={state.count} aria-label={`${count} images of seed ${state.seed}`}>
                {Array.from({ length: count }, (_, i) => (
                  <li key={i}>
                    <Button
                      className="gallery-image"
                      aria-label={`Image ${i}${classOf(images[i]?.label, capabilities?.labels?.names)}`}
                      disabled={result === null}
                      focusableWhenDisabled
                      onClick={() => setOpen(i)}
                    >
                      <ImageView image={images[i]} {...{ width, height }} />
                    </Button>
                  </li>
                ))}
              </ul>
            )}
          </section>
        </>
      )}
      {sampling !== null && openImage !== undefined && (
        <ImageDialog
          {...sampling}
          image={openImage}
          className={classOf(openImage.label, capabilities?.labels?.names)}
          fileName={`${fileName}-${open}`}
          onClose={() => setOpen(null)}
        />
      )}
    </div>
  )
}

/** Shows the controls before the model is loaded. */
const factsOf = ({ sampler, labels, kappa }: ServedModel): ModelFacts => ({
  defaults: sampler,
  labels,
  mixtureWeight: kappa === 'label' || kappa === 'noise',
})

const classOf = (label: number | undefined, names: readonly string[] | undefined) =>
  label === undefined ? '' : `, class ${names?.[label] ?? label}`

interface StatusProps {
  readonly task: Task<Sampling>
  readonly count: number
  readonly capabilities: { readonly device: string; readonly dtype: string }
}

function Status({ task: { values, status }, count, capabilities: { device, dtype } }: StatusProps) {
  const { step, result } = values
  return (
    <div className="sampling-state">
      <p role="status">
        {result !== null ? (
          <>
            <b>{formatMilliseconds(result.milliseconds / count)}</b> per image · <b>NFE {round(result.nfe)}</b> ·{' '}
            {result.solver} · {device} ({dtype})
          </>
        ) : status === 'running' ? (
          step === null ? (
            'Sampling…'
          ) : (
            `Step ${step.step}${step.steps === undefined ? '' : ` of ${step.steps}`}`
          )
        ) : status === 'stopped' ? (
          `Stopped${step === null ? '' : ` after step ${step.step}`}`
        ) : (
          ''
        )}
      </p>
      <ProgressBar isThin name="Sampling progress" value={result !== null ? 1 : (step?.fraction ?? 0)} />
    </div>
  )
}

const round = (value: number) => Number(value.toFixed(1))
