/**
 * Paths: a rectified flow and MixFlow learn the same two-dimensional data in the page. Three figures show the training lines, the learned
 * velocity and the resulting paths.
 */

import { type ReactNode, useMemo } from 'react'
import { Choice } from '../parts/choice.tsx'
import { Lead } from '../parts/lead.tsx'
import { Range } from '../parts/range.tsx'
import { useUrlState } from '../url/url-state.ts'
import { Charts } from './charts.tsx'
import { Controls } from './controls.tsx'
import { linesFigure, pathsFigure, type Shown, velocityFigure } from './figures.ts'
import { type Drawing, Plot } from './plot.tsx'
import { fields } from './state.ts'
import './paths.css'
import { forMethods, type Method, methods, methodTitles, type Settings, shownSteps } from './training/run.ts'
import { useTraining } from './use-training.ts'

export default function PathsView() {
  const [state, change] = useUrlState(fields)
  const { data, drawing, seed, beta, w, shownW, t } = state
  const settings = useMemo<Settings>(
    () => ({ shape: data, drawing: data === 'drawing' ? drawing : '', seed, klWeight: beta, weight: w }),
    [data, drawing, seed, beta, w],
  )
  const training = useTraining(settings)
  const steps = Number(state.steps)

  const { scene, latest } = training
  const shown = useMemo(() => {
    if (scene === null || latest === null) return null
    return forMethods((method): Shown => ({ method, scene, flow: latest.flows[method] }))
  }, [scene, latest])
  const lines = useFigures(shown, linesFigure, shownW)
  const velocity = useFigures(shown, velocityFigure, t)
  const paths = useFigures(shown, pathsFigure, steps)

  return (
    <div className="paths">
      <Lead title="Straight paths need few steps" fields={fields}>
        A flow turns noise into data: points start at random and follow a velocity field from t = 0 to t = 1 in a number
        of steps. Where a path is curved, large steps miss it. Here, two flows learn the same data in your browser with
        the same seed. The only difference is where their training lines start.
      </Lead>

      <Controls {...{ state, change, training }} />
      {training.failure !== null && (
        <p className="panel problem" role="alert">
          Training failed: {training.failure}. Reload the page to try again.
        </p>
      )}

      <div className="story">
        <Chapter
          title="Training lines"
          drawings={lines}
          describe={method =>
            method === 'mixflow'
              ? `Lines from the mixed source at w = ${shownW} to data points`
              : 'Lines from random noise to data points'
          }
          control={
            <Range
              label="MixFlow’s source at"
              symbol="w"
              name="Mixture weight w of the source"
              value={shownW}
              onChange={value => change({ shownW: value })}
            />
          }
        >
          A flow is trained on straight lines from source points (colored) to data points (gray). <b>Rectified flow</b>{' '}
          starts each line at random, so lines cross. <b>MixFlow</b>’s encoder sees the data point and chooses where its
          line starts (κ-FC). This start is mixed with random noise by a weight <i>w</i>.
        </Chapter>

        <Chapter
          title="Learned velocity"
          drawings={velocity}
          describe={() => `The learned velocity at t = ${t}, and the points at that time`}
          control={
            <Range
              label="Velocity at"
              symbol="t"
              name="Time t of the velocity"
              value={t}
              step={0.025}
              onChange={value => change({ t: value })}
            />
          }
        >
          Where lines cross, a flow can only learn their mean. Move <i>t</i>: rectified flow first pulls all points to
          the center and separates them late. MixFlow has fewer crossings, so its arrows point to the data early.
        </Chapter>

        <Chapter
          title="Paths"
          drawings={paths}
          describe={() => `Paths of ${steps} Euler steps from plain noise, and the data`}
          control={
            <Choice
              label="Euler steps"
              value={state.steps}
              options={shownSteps.map(String)}
              onChange={value => change({ steps: value })}
            />
          }
        >
          Both start from plain noise (<i>w</i> = 0), because the encoder is used only in training. Gray: exact paths.
          Color: the same paths in few Euler steps. Straighter paths reach the data in two.
        </Chapter>
      </div>

      <Charts measures={training.measures} />
    </div>
  )
}

type Drawings = Readonly<Record<Method, Drawing>>

const blank: Drawing = { drawStatic() {} }

/** The same figure for both flows. */
function useFigures<T>(
  shown: Readonly<Record<Method, Shown>> | null,
  figure: (shown: Shown, value: T) => Drawing,
  value: T,
): Drawings {
  return useMemo(
    () => forMethods(method => (shown === null ? blank : figure(shown[method], value))),
    [shown, figure, value],
  )
}

interface ChapterProps {
  readonly title: string
  readonly children: ReactNode
  readonly control: ReactNode
  readonly drawings: Drawings
  readonly describe: (method: Method) => string
}

function Chapter({ title, children, control, drawings, describe }: ChapterProps) {
  return (
    <section className="chapter panel">
      <h2>{title}</h2>
      <p>{children}</p>
      <div className="chapter-control">{control}</div>
      <div className="pair">
        {methods.map(method => (
          <figure key={method} className={method}>
            <figcaption>{methodTitles[method]}</figcaption>
            <Plot className="plane" drawing={drawings[method]} label={`${methodTitles[method]}. ${describe(method)}`} />
          </figure>
        ))}
      </div>
    </section>
  )
}
