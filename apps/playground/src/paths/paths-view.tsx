/**
 * Watch the paths: a rectified flow and MixFlow learn the same two-dimensional data side by side, in this page. The method in
 * three figures, in its own order: what a flow is trained on, what it learns, where that leads.
 */
import { type ReactNode, useMemo } from 'react'
import { useAddressState } from '../address/address.ts'
import { number, text, type ValuesOf, word } from '../address/fields.ts'
import { RefusedValues } from '../address/refused-values.tsx'
import { Choice } from '../parts/choice.tsx'
import { type Drawing, Plot } from '../parts/plot.tsx'
import { Range } from '../parts/range.tsx'
import { Charts } from './charts.tsx'
import { Controls } from './controls.tsx'
import { linesFigure, pathsFigure, type Shown, velocityFigure } from './figures/figures.ts'
import './paths.css'
import {
  type Method,
  methods,
  methodTitles,
  type Settings,
  shapes,
  type WeightRuleName,
  weightRules,
} from './training/settings.ts'
import { shownSteps } from './training/snapshot.ts'
import { useTraining } from './use-training.ts'

const fields = {
  data: word(shapes, 'moons'),
  drawing: text('', 2000),
  seed: number({ min: 0, max: 999_999, whole: true, initial: 1 }),
  beta: number({ min: 0, max: 10, initial: 0.05 }),
  w: word(Object.keys(weightRules) as WeightRuleName[], 'uniform'),
  shownW: number({ min: 0, max: 1, initial: 1 }),
  t: number({ min: 0, max: 1, initial: 0.5 }),
  steps: word(shownSteps.map(String), '2'),
}
export type PathsState = ValuesOf<typeof fields>

export default function PathsView() {
  const [state, change] = useAddressState(fields)
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
    const of = (method: Method): Shown => ({ method, scene, flow: latest.flows[method] })
    return { 'rectified-flow': of('rectified-flow'), mixflow: of('mixflow') }
  }, [scene, latest])
  const lines = useFigures(shown, linesFigure, shownW)
  const velocity = useFigures(shown, velocityFigure, t)
  const paths = useFigures(shown, pathsFigure, steps)

  return (
    <div className="paths">
      <header className="lead">
        <h1>Straight paths need few steps</h1>
        <p>
          A flow turns noise into data: points start at random and follow a velocity field from t = 0 to t = 1, in
          steps. Where a path bends, large steps miss. Here two flows learn the same data in your browser, from the same
          seed. They differ in one thing: where their training lines start.
        </p>
        <RefusedValues fields={fields} />
      </header>

      <Controls {...{ state, change, training }} />
      {training.failure !== null && (
        <p className="panel problem" role="alert">
          Training has stopped: {training.failure}. Reload the page to try again.
        </p>
      )}

      <div className="story">
        <Chapter
          title="Training lines"
          drawings={lines}
          describe={method =>
            method === 'mixflow'
              ? `Lines from the mixed source at w = ${shownW} to data points`
              : 'Lines from noise to data points, in no order'
          }
          control={
            <Range
              {...{ value: shownW, min: 0, max: 1, step: 0.05, name: 'w of the source shown' }}
              label={
                <>
                  MixFlow’s source at <i>w</i>
                </>
              }
              format={value => value.toFixed(2)}
              onChange={value => change({ shownW: value })}
            />
          }
        >
          A flow learns from straight lines between a source point (coloured) and a data point (dark).{' '}
          <b>Rectified flow</b> starts them anywhere, so they cross. <b>MixFlow</b>’s encoder sees the data point and
          picks where to start (κ-FC); that is mixed with plain noise by a weight <i>w</i>.
        </Chapter>

        <Chapter
          title="What is learnt"
          drawings={velocity}
          describe={() => `The learnt velocity at t = ${t}, with the points on their way`}
          control={
            <Range
              {...{ value: t, min: 0, max: 1, step: 0.025, name: 'Time t of the velocity shown' }}
              label={
                <>
                  Velocity at <i>t</i>
                </>
              }
              format={value => value.toFixed(2)}
              onChange={value => change({ t: value })}
            />
          }
        >
          Where lines cross, only their mean can be learnt, and it changes with time. Slide <i>t</i>: rectified flow
          pulls all points to the middle and decides late. With fewer crossings, MixFlow’s arrows know early where to
          go.
        </Chapter>

        <Chapter
          title="Where it leads"
          drawings={paths}
          describe={() => `Paths of ${steps} Euler steps from plain noise to where they end, beside the data`}
          control={
            <Choice
              label="Euler steps"
              value={state.steps}
              options={shownSteps.map(count => ({ value: String(count), title: String(count) }))}
              onChange={value => change({ steps: value })}
            />
          }
        >
          Both start from plain noise, <i>w</i> = 0: the encoder is for training only. Grey is the exact path, coloured
          what so few steps make of it. Straighter paths are close to the data after two.
        </Chapter>
      </div>

      <Charts measures={training.measures} />
    </div>
  )
}

type Drawings = Readonly<Record<Method, Drawing>>

const blank: Drawing = { still() {} }

/** The same figure of both flows. */
function useFigures<T>(
  shown: Readonly<Record<Method, Shown>> | null,
  figure: (shown: Shown, value: T) => Drawing,
  value: T,
): Drawings {
  return useMemo(
    () =>
      shown === null
        ? { 'rectified-flow': blank, mixflow: blank }
        : { 'rectified-flow': figure(shown['rectified-flow'], value), mixflow: figure(shown.mixflow, value) },
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
