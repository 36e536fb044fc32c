/** The controls of Generate. Controls that the model does not support are omitted. */
import { type SolverName, solverNames } from '@mixflow/core'
import { ModelChoice } from '../models/model-choice.tsx'
import type { ChosenModel } from '../models/use-model.ts'
import { Choice } from '../parts/choice.tsx'
import { ClassChoice } from '../parts/class-choice.tsx'
import { Range } from '../parts/range.tsx'
import { SeedField } from '../parts/seed-field.tsx'
import { Select } from '../parts/select.tsx'
import { counts, type GenerateState, type ModelFacts, nfesOf, resolveState } from './request.ts'

export interface GenerateControlsProps {
  readonly state: GenerateState
  readonly change: (some: Partial<GenerateState>) => void
  readonly chosen: ChosenModel
  readonly facts: ModelFacts | undefined
}

export function GenerateControls({ state, change, chosen, facts }: GenerateControlsProps) {
  return (
    <section className="controls" aria-label="Settings">
      <div className="controls-row">
        <ModelChoice
          label="Model"
          value={state.model}
          served={chosen.served}
          onChange={model => change({ model, label: '' })}
        />
        <SeedField value={state.seed} onChange={seed => change({ seed })} />
        <Choice label="Images" value={state.count} options={counts} onChange={count => change({ count })} />
        {facts !== undefined && <ModelControls {...{ state, change, facts }} />}
      </div>
    </section>
  )
}

const solverTitles: Readonly<Record<SolverName, string>> = {
  euler: 'Euler',
  heun: 'Heun',
  'heun-full': 'Heun (full)',
  midpoint: 'Midpoint',
  rk4: 'Runge–Kutta 4',
  ab2: 'Adams–Bashforth 2',
  dopri5: 'Dormand–Prince 5',
}
const solvers = solverNames.map(value => ({ value, title: solverTitles[value] }))

function ModelControls({
  state,
  change,
  facts,
}: Omit<GenerateControlsProps, 'chosen'> & { readonly facts: ModelFacts }) {
  const { labels, defaults } = facts
  const { solver, nfe, guidance, mixtureWeight } = resolveState(state, facts)
  return (
    <>
      <Select
        label="Solver"
        value={solver}
        options={solvers}
        onChange={next => change({ solver: next === defaults.solver ? 'default' : next })}
      />
      {nfe !== undefined && <NfeRange solver={solver} nfe={nfe} onChange={change} />}
      {labels !== null && <ClassChoice labels={labels} value={state.label} onChange={label => change({ label })} />}
      {labels !== null && !labels.required && (
        <div className="narrow">
          <Range
            label="Guidance"
            value={guidance}
            max={5}
            step={0.25}
            format={value => (value === 0 ? 'off' : value.toFixed(2))}
            onChange={next => change({ guidance: next })}
          />
        </div>
      )}
      {facts.mixtureWeight && (
        <div className="narrow">
          <Range label="Mixture weight" symbol="w" value={mixtureWeight} onChange={w => change({ w })} />
        </div>
      )}
    </>
  )
}

interface NfeRangeProps {
  readonly solver: SolverName
  readonly nfe: number
  readonly onChange: (some: Pick<GenerateState, 'nfe'>) => void
}

function NfeRange({ solver, nfe, onChange }: NfeRangeProps) {
  const known = nfesOf(solver)
  const values = known.includes(nfe) ? known : [...known, nfe].sort((a, b) => a - b)
  return (
    <div className="narrow">
      <Range
        label={<abbr title="Number of function evaluations: how often the network runs for each image">NFE</abbr>}
        name="Number of function evaluations (NFE)"
        value={values.indexOf(nfe)}
        max={values.length - 1}
        step={1}
        format={i => String(values[i])}
        onChange={i => onChange({ nfe: values[i]! })}
      />
    </div>
  )
}
