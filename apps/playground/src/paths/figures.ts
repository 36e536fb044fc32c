/** The three figures of a flow: the lines that it is trained on, the velocity that it has learned, and its paths. */
import { float32Algebra, mixDistributions } from '@mixflow/core'
import { arrows, dots, lines } from './plane.ts'
import type { Colours, Drawing } from './plot.tsx'
import type { Method } from './training/run.ts'
import { exactSteps, type FlowSnapshot, fieldPoints, type Scene, shownSteps } from './training/run.ts'

export interface Shown {
  readonly method: Method
  readonly scene: Scene
  readonly flow: FlowSnapshot
}

const colourOf = (method: Method, colours: Colours) => (method === 'mixflow' ? colours.mixflow : colours.rectifiedFlow)

/** Returns the starts of the training lines at this w; without an encoder, the noise. */
export const sourceAt = ({ scene, flow: { gaussian } }: Shown, mixtureWeight: number): Float32Array =>
  gaussian === null
    ? scene.noise
    : mixDistributions(float32Algebra({ elementsPerImage: 2 }), { gaussian, mixtureWeight, noise: scene.noise })

export const linesFigure = (shown: Shown, mixtureWeight: number): Drawing => ({
  drawStatic(paper) {
    const { colours } = paper
    const colour = colourOf(shown.method, colours)
    const x0 = sourceAt(shown, mixtureWeight)
    lines(paper, [x0, shown.scene.x1], { colour, alpha: 0.4, width: 0.9 })
    dots(paper, shown.scene.x1, { colour: colours.text, alpha: 0.75, radius: 1.8 })
    dots(paper, x0, { colour, radius: 2.3 })
  },
})

const interpolated = (a: Float32Array, b: Float32Array, fraction: number) =>
  a.map((value, i) => value + fraction * (b[i]! - value))

/** Returns the state at t, given states at equal intervals of [0, 1]. */
function atTime(states: readonly Float32Array[], t: number): Float32Array {
  const at = t * (states.length - 1)
  const i = Math.min(Math.floor(at), states.length - 2)
  return interpolated(states[i]!, states[i + 1]!, at - i)
}

export const velocityFigure = ({ method, flow }: Shown, t: number): Drawing => ({
  drawStatic(paper) {
    const { colours } = paper
    dots(paper, atTime(flow.paths[shownSteps.indexOf(exactSteps)]!, t), {
      colour: colours.muted,
      alpha: 0.55,
      radius: 2,
    })
    arrows(paper, fieldPoints, atTime(flow.field, t), colourOf(method, colours))
  },
})

/** Duration of the animation from source to data, and of the pause after it, in milliseconds. */
const duration = 2600
const pause = 900

export const pathsFigure = ({ method, scene, flow }: Shown, steps: number): Drawing => {
  const states = flow.paths[shownSteps.indexOf(steps as (typeof shownSteps)[number])]!
  const exact = flow.paths[shownSteps.indexOf(exactSteps)]!
  return {
    drawStatic(paper) {
      const { colours } = paper
      dots(paper, scene.data, { colour: colours.muted, alpha: 0.3, radius: 1.6 })
      if (steps !== exactSteps) lines(paper, exact, { colour: colours.muted, alpha: 0.3, width: 0.8 })
      lines(paper, states, { colour: colourOf(method, colours), alpha: 0.42, width: 1 })
      if (steps > 1 && steps !== exactSteps)
        for (const state of states.slice(1, -1))
          dots(paper, state, { colour: colourOf(method, colours), alpha: 0.4, radius: 1.1 })
    },
    drawFrame(paper, milliseconds) {
      const t = Math.min(1, (milliseconds % (duration + pause)) / duration)
      dots(paper, atTime(states, Number.isFinite(milliseconds) ? t : 1), {
        colour: colourOf(method, paper.colours),
        radius: 2.6,
      })
    },
  }
}
