/** Few steps: the same seeds through a MixFlow model and its rectified-flow baseline, at a few and at many function evaluations. */

import { Button } from '@base-ui/react/button'
import { useMemo } from 'react'
import { ModelChoice } from '../models/model-choice.tsx'
import { ModelState } from '../models/model-state.tsx'
import { preloadModel, useModel } from '../models/use-model.ts'
import { Choice } from '../parts/choice.tsx'
import { ClassChoice } from '../parts/class-choice.tsx'
import { Lead } from '../parts/lead.tsx'
import { Problem } from '../parts/problem.tsx'
import { ProgressBar } from '../parts/progress-bar.tsx'
import { SeedField } from '../parts/seed-field.tsx'
import { useTask } from '../parts/use-task.ts'
import { classLabel, number, oneOf, text } from '../url/fields.ts'
import { useUrlState } from '../url/url-state.ts'
import { type ComparisonRequest, compare, comparedSolvers, notCompared } from './compare.ts'
import './few-steps.css'
import { Matrix } from './matrix.tsx'
import { Measures } from './measures.tsx'

preloadModel()

const counts = ['4', '8', '12'] as const
const fields = {
  model: text('', 2000),
  baseline: text('', 2000),
  seed: number({ min: 0, max: Number.MAX_SAFE_INTEGER, whole: true, initial: 0 }),
  count: oneOf(counts, '8'),
  label: classLabel,
  solver: oneOf(comparedSolvers, 'heun'),
}

const solverTitles = { heun: 'Heun', euler: 'Euler', ab2: 'Adams–Bashforth' } as const

export default function FewStepsView() {
  const [state, change] = useUrlState(fields)
  const { seed, label, solver } = state
  const count = Number(state.count)
  const mixflow = useModel(state.model)
  const baselineId = state.baseline === '' ? (mixflow.listed?.baseline ?? null) : state.baseline
  const baseline = useModel(baselineId)

  const [a, b] = [mixflow.model, baseline.model]
  const isMismatch = a !== undefined && b !== undefined && !haveSameShape(a.manifest.image, b.manifest.image)
  const labels = a?.capabilities().labels ?? null
  const request = useMemo((): ComparisonRequest | null => {
    if (a === undefined || b === undefined || isMismatch) return null
    const classes = Math.min(...[a, b].map(model => model.capabilities().labels?.count ?? 0))
    const all = Array.from({ length: count }, (_, i) => i % classes)
    return {
      models: { mixflow: a, 'rectified-flow': b },
      seed,
      count,
      label: classes === 0 ? undefined : label === '' ? all : label,
      solver,
    }
  }, [a, b, isMismatch, seed, count, label, solver])
  const { values, status, error, stop, restart } = useTask(request, notCompared, compare)
  const isRunning = status === 'running'

  return (
    <div className="few-steps">
      <Lead title="Fewer steps, side by side" fields={fields}>
        Two models with the same training except for the source start from the same noise. With many function
        evaluations (NFE), both follow their paths closely. With few, straighter paths lose less: compare the top rows.
      </Lead>
      {mixflow.served === undefined ? (
        <p className="loading">Loading…</p>
      ) : (
        <>
          <section className="controls" aria-label="Settings">
            <div className="controls-row">
              <ModelChoice
                label="MixFlow"
                value={state.model}
                served={mixflow.served}
                onChange={model => change({ model, label: '' })}
              />
              <ModelChoice
                label="Rectified flow (baseline)"
                value={baselineId}
                served={mixflow.served}
                onChange={next => change({ baseline: next })}
              />
              <SeedField value={seed} onChange={next => change({ seed: next })} />
              <Choice label="Images" value={state.count} options={counts} onChange={next => change({ count: next })} />
              <Choice
                label="Solver"
                value={solver}
                options={comparedSolvers}
                titles={solverTitles}
                onChange={next => change({ solver: next })}
              />
              {labels !== null && (
                <ClassChoice labels={labels} value={label} onChange={next => change({ label: next })} />
              )}
            </div>
          </section>

          <section className="panel" aria-label="Comparison" aria-busy={isRunning}>
            <div className="comparison-head">
              {request !== null ? (
                <>
                  <ProgressBar
                    isThin
                    label={status === 'done' ? 'Done' : status === 'stopped' ? 'Stopped' : values.stage}
                    value={values.progress}
                  />
                  <Button className="button" onClick={isRunning ? stop : restart}>
                    {isRunning ? 'Stop' : 'Run again'}
                  </Button>
                </>
              ) : (
                <>
                  <ModelState chosen={mixflow} name="MixFlow" onChange={model => change({ model })} />
                  {!mixflow.isNone && baselineId !== null && (
                    <ModelState chosen={baseline} name="Rectified flow" onChange={next => change({ baseline: next })} />
                  )}
                  {!mixflow.isNone && baselineId === null && (
                    <p className="muted">
                      This model has no baseline. Select a model under “Rectified flow (baseline)” to compare with.
                    </p>
                  )}
                  {isMismatch && (
                    <p className="muted">The two models have different image sizes. Select models of the same size.</p>
                  )}
                </>
              )}
            </div>
            {error !== null && <Problem error={error} title="The comparison failed" />}
            {!mixflow.isNone && (
              <Matrix
                results={values.results}
                {...{ count, solver }}
                image={a?.manifest.image ?? mixflow.listed?.image ?? defaultSize}
              />
            )}
          </section>
          {!mixflow.isNone && <Measures {...values} />}
        </>
      )}
    </div>
  )
}

/** Until the size of the model's images is known. */
const defaultSize = { width: 28, height: 28 }

type Shape = Readonly<Record<'channels' | 'width' | 'height', number>>
const haveSameShape = (a: Shape, b: Shape) => a.channels === b.channels && a.width === b.width && a.height === b.height
