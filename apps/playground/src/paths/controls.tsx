/** The settings of the run, and buttons to pause and restart it. Changing the data, seed, β or the rule for w starts a new run. */
import { Button } from '@base-ui/react/button'
import { useState } from 'react'
import { Choice } from '../parts/choice.tsx'
import { Range } from '../parts/range.tsx'
import { SeedField } from '../parts/seed-field.tsx'
import { DrawingDialog } from './drawing-dialog.tsx'
import type { PathsState } from './state.ts'
import { heart } from './training/drawing.ts'
import { shapes, weightRuleNames } from './training/run.ts'
import type { Training } from './use-training.ts'

const shapeTitles = { moons: 'Moons', spirals: 'Spirals', checkerboard: 'Checkerboard', drawing: 'Drawing' } as const

const weightTitles = { uniform: 'Random', zero: '0', half: '½', one: '1' } as const

/** The values of the slider for β. */
const betas = [0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]

const indexOfBeta = (beta: number): number =>
  betas.reduce((best, value, i) => (Math.abs(value - beta) < Math.abs(betas[best]! - beta) ? i : best), 0)

export interface ControlsProps {
  readonly state: PathsState
  readonly change: (some: Partial<PathsState>) => void
  readonly training: Training
}

export function Controls({ state, change, training }: ControlsProps) {
  const { isRunning, latest } = training
  const [isDrawing, setDrawing] = useState(false)
  return (
    <section className="controls" aria-label="Training">
      <div className="controls-row">
        <div className="run">
          <Button className="button primary" onClick={() => training.setRunning(!isRunning)}>
            {isRunning ? 'Pause' : 'Resume'}
          </Button>
          <Button className="button" onClick={training.restart}>
            Restart
          </Button>
          <output className="step" aria-label="Training step">
            {latest === null ? 'Starting…' : `Step ${latest.step}`}
          </output>
        </div>
        <Choice
          label="Data"
          value={state.data}
          options={shapes}
          titles={shapeTitles}
          onChange={data => change({ data })}
        />
        {state.data === 'drawing' && (
          <Button className="button" onClick={() => setDrawing(true)}>
            Edit drawing…
          </Button>
        )}
        <SeedField value={state.seed} max={999_999} onChange={seed => change({ seed })} />
        <div className="beta">
          <Range
            label="KL weight"
            symbol="β"
            value={indexOfBeta(state.beta)}
            max={betas.length - 1}
            step={1}
            format={i => String(betas[i])}
            onChange={i => change({ beta: betas[i]! })}
          />
        </div>
        <Choice
          label={
            <>
              Training <i>w</i>
            </>
          }
          value={state.w}
          options={weightRuleNames}
          titles={weightTitles}
          onChange={w => change({ w })}
        />
      </div>
      <DrawingDialog
        isOpen={isDrawing}
        drawing={state.drawing === '' ? heart : state.drawing}
        onClose={() => setDrawing(false)}
        onDone={drawing => change({ data: 'drawing', drawing })}
      />
    </section>
  )
}
