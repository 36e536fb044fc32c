/** The controls of Generate; those that the model has no use for are absent. */
import { type SolverName, solverNames } from '@mixflow/core'
import { ModelChoice } from '../models/model-choice.tsx'
import type { ChosenModel } from '../models/use-model.ts'
import { Choice } from '../parts/choice.tsx'
import { ClassChoice } from '../parts/class-choice.tsx'
import { Range } from '../parts/range.tsx'
import { Select } from '../parts/select.tsx'
import { WholeNumber } from '../parts/whole-number.tsx'
import { counts, type GenerateState, type ModelFacts, nfesOf, settle } from './request.ts'

export interface GenerateControlsProps {
  readonly state: GenerateState
  readonly change: (some: Partial<GenerateState>) => void
  readonly chosen: ChosenModel
  readonly facts: ModelFacts | undefined
}

const solverTitles: Readonly<Record<SolverName, string>> = {
  euler: 'Euler',
  heun: 'Heun',
  'heun-full': 'Heun, full',
  midpoint: 'Midpoint',
  rk4: 'Runge-Kutta 4',
  ab2: 'Adams-Bashforth 2',
  dopri5: 'Dormand-Prince',
}
const solvers = solverNames.map(value => ({ value, title: solverTitles[value] }))

export function GenerateControls({ state, change, chosen, facts }: GenerateControlsProps) {
  const settled = facts && settle(state, facts)
  return (
    <section className="controls" aria-label="What to generate">
      <div className="controls-row">
        <ModelChoice
          label="Model"
          value={state.model}
          zoo={chosen.zoo}
          onChange={model => change({ model, label: '' })}
        />
        <WholeNumber
          label="Seed"
          value={state.seed}
          min={0}
          max={Number.MAX_SAFE_INTEGER}
          onChange={seed => change({ seed })}
        />
        <Choice
          label="Pictures"
          value={state.count}
          options={counts.map(value => ({ value, title: value }))}
          onChange={count => change({ count })}
        />
        {settled !== undefined && facts !== undefined && (
          <>
            <Select
              label="Solver"
              value={settled.solver}
              options={solvers}
              onChange={solver => change({ solver: solver === facts.defaults.solver ? 'own' : solver })}
            />
            {settled.nfe !== undefined && <Nfe solver={settled.solver} nfe={settled.nfe} onChange={change} />}
            {facts.labels !== null && (
              <>
                <ClassChoice labels={facts.labels} value={state.label} onChange={label => change({ label })} />
                {!facts.labels.required && (
                  <div className="narrow">
                    <Range
                      {...{ label: 'Guidance', name: 'Guidance', value: settled.guidance, min: 0, max: 5, step: 0.25 }}
                      format={value => (value === 0 ? 'off' : value.toFixed(2))}
                      onChange={guidance => change({ guidance })}
                    />
                  </div>
                )}
              </>
            )}
            {facts.mixtureWeight && (
              <div className="narrow">
                <Range
                  {...{ name: 'Mixture weight w', value: settled.mixtureWeight, min: 0, max: 1, step: 0.05 }}
                  label={
                    <>
                      Source at <i>w</i>
                    </>
                  }
                  format={value => value.toFixed(2)}
                  onChange={w => change({ w })}
                />
              </div>
            )}
          </>
        )}
      </div>
    </section>
  )
}

interface NfeProps {
  readonly solver: SolverName
  readonly nfe: number
  readonly onChange: (some: Pick<GenerateState, 'nfe'>) => void
}

function Nfe({ solver, nfe, onChange }: NfeProps) {
  const known = nfesOf(solver)
  const values = known.includes(nfe) ? known : [...known, nfe].sort((a, b) => a - b)
  return (
    <div className="narrow">
      <Range
        {...{
          label: 'Evaluations',
          name: 'Evaluations',
          value: values.indexOf(nfe),
          min: 0,
          max: values.length - 1,
          step: 1,
        }}
        format={place => String(values[place])}
        onChange={place => onChange({ nfe: values[place]! })}
      />
    </div>
  )
}
