/** Few steps, side by side: the same seeds through a MixFlow model and its rectified-flow twin, at few evaluations and many. */
import { Button } from '@base-ui/react/button'
import { Progress } from '@base-ui/react/progress'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useAddressState } from '../address/address.ts'
import { classLabel, number, text, word } from '../address/fields.ts'
import { RefusedValues } from '../address/refused-values.tsx'
import { ModelChoice } from '../models/model-choice.tsx'
import { ModelState } from '../models/model-state.tsx'
import { openEarly, useModel } from '../models/use-model.ts'
import { Choice } from '../parts/choice.tsx'
import { ClassChoice } from '../parts/class-choice.tsx'
import { inTurn } from '../parts/in-turn.ts'
import { Problem } from '../parts/problem.tsx'
import { WholeNumber } from '../parts/whole-number.tsx'
import { type Compared, type ComparisonRequest, compare, comparedSolvers } from './compare.ts'
import './few-steps.css'
import { Matrix } from './matrix.tsx'
import { Measures } from './measures.tsx'

openEarly()

const fields = {
  model: text('', 2000),
  twin: text('', 2000),
  seed: number({ min: 0, max: Number.MAX_SAFE_INTEGER, whole: true, initial: 0 }),
  count: word(['4', '8', '12'], '8'),
  label: classLabel,
  solver: word(comparedSolvers, 'heun'),
}

const solverTitles = { heun: 'Heun', euler: 'Euler', ab2: 'Adams-Bashforth' } as const

export default function FewStepsView() {
  const [state, change] = useAddressState(fields)
  const { seed, label, solver } = state
  const count = Number(state.count)
  const mixflow = useModel(state.model)
  const twinWord = state.twin === '' ? (mixflow.listed?.twin ?? null) : state.twin
  const twin = useModel(twinWord)

  const [a, b] = [mixflow.model, twin.model]
  const misfit = a !== undefined && b !== undefined && !haveSameImages(a.manifest.image, b.manifest.image)
  const labels = a?.capabilities().labels ?? null
  const request = useMemo((): ComparisonRequest | null => {
    if (a === undefined || b === undefined || misfit) return null
    const classes = Math.min(...[a, b].map(model => model.capabilities().labels?.count ?? 0))
    const asked = classes === 0 ? undefined : label === '' ? inTurn({ count: classes }, count) : label
    return { models: { mixflow: a, 'rectified-flow': b }, seed, count, label: asked, solver }
  }, [a, b, misfit, seed, count, label, solver])
  const { compared, doing, error, isRunning, stop, again } = useComparison(request)

  return (
    <div className="few-steps">
      <header className="lead">
        <h1>Few steps, side by side</h1>
        <p>
          Two models, trained alike but for their source, start from the same noise. With many evaluations both follow
          their paths closely. With few, what is straight stays right: compare the upper rows.
        </p>
        <RefusedValues fields={fields} />
      </header>
      {mixflow.zoo === undefined ? (
        <p className="loading">Loading …</p>
      ) : (
        <>
          <section className="controls" aria-label="What to compare">
            <div className="controls-row">
              <ModelChoice
                label="MixFlow"
                value={state.model}
                zoo={mixflow.zoo}
                onChange={model => change({ model, label: '' })}
              />
              <ModelChoice
                label="Rectified flow"
                value={twinWord ?? 'none yet'}
                zoo={mixflow.zoo}
                onChange={next => change({ twin: next })}
              />
              <WholeNumber
                label="Seed"
                value={seed}
                min={0}
                max={Number.MAX_SAFE_INTEGER}
                onChange={next => change({ seed: next })}
              />
              <Choice
                label="Pictures"
                value={state.count}
                options={(['4', '8', '12'] as const).map(value => ({ value, title: value }))}
                onChange={next => change({ count: next })}
              />
              <Choice
                label="Solver"
                value={solver}
                options={comparedSolvers.map(value => ({ value, title: solverTitles[value] }))}
                onChange={next => change({ solver: next })}
              />
              {labels !== null && (
                <ClassChoice labels={labels} value={label} onChange={next => change({ label: next })} />
              )}
            </div>
          </section>

          <section className="panel" aria-label="Matrix" aria-busy={isRunning}>
            <div className="comparison-head">
              {request !== null ? (
                <>
                  <Progress.Root className="progress" value={Math.round(100 * doing.fraction)}>
                    <Progress.Label className="control-label">{doing.what}</Progress.Label>
                    <Progress.Track className="progress-track thin">
                      <Progress.Indicator className="progress-done" />
                    </Progress.Track>
                  </Progress.Root>
                  <Button className="button" onClick={isRunning ? stop : again}>
                    {isRunning ? 'Stop' : 'Again'}
                  </Button>
                </>
              ) : (
                <>
                  <ModelState chosen={mixflow} name="MixFlow" onChange={model => change({ model })} />
                  {!mixflow.isNone && twinWord !== null && (
                    <ModelState chosen={twin} name="Rectified flow" onChange={next => change({ twin: next })} />
                  )}
                  {mixflow.zoo !== undefined && !mixflow.isNone && twinWord === null && (
                    <p className="muted">This model came without a twin: choose one as “Rectified flow”.</p>
                  )}
                  {misfit && (
                    <p className="muted">The two models make pictures of different sizes; choose one like the other.</p>
                  )}
                </>
              )}
            </div>
            {error !== null && <Problem error={error} title="The comparison has stopped" />}
            {!mixflow.isNone && (
              <Matrix {...{ compared, count, solver }} image={a?.manifest.image ?? mixflow.listed?.image ?? small} />
            )}
          </section>
          {!mixflow.isNone && <Measures compared={compared} />}
        </>
      )}
    </div>
  )
}

const small = { width: 28, height: 28 }

type Size = Readonly<Record<'channels' | 'width' | 'height', number>>
const haveSameImages = (a: Size, b: Size) => a.channels === b.channels && a.width === b.width && a.height === b.height

const nothing: Compared = { results: [], curvatures: {} }
const atFirst = { compared: nothing, doing: { what: '', fraction: 0 }, error: null as unknown, isRunning: false }

/** A new request begins anew; what was found stays shown until something takes its place. */
function useComparison(request: ComparisonRequest | null) {
  const [state, setState] = useState(atFirst)
  const [round, setRound] = useState(0)
  const current = useRef<AbortController>(null)
  useEffect(() => {
    if (request === null) return
    const controller = new AbortController()
    current.current = controller
    const { signal } = controller
    let isGone = false
    const tell = (some: Partial<typeof atFirst>) => !isGone && setState(before => ({ ...before, ...some }))
    tell({ compared: nothing, error: null, isRunning: true })
    compare(request, {
      signal,
      doing: (what, fraction) => tell({ doing: { what, fraction } }),
      found: compared => tell({ compared }),
    }).then(
      () => tell({ doing: { what: 'Done', fraction: 1 }, isRunning: false }),
      error => {
        tell({ error: signal.aborted ? null : error, isRunning: false })
        if (signal.aborted)
          setState(before => (isGone ? before : { ...before, doing: { ...before.doing, what: 'Stopped' } }))
      },
    )
    return () => {
      isGone = true
      controller.abort()
    }
  }, [request, round])
  return { ...state, stop: () => current.current?.abort(), again: () => setRound(count => count + 1) }
}
