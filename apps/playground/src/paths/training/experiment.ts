/** Trains both flows step by step and measures them. */
import { curvature, normals, solve, type Velocity } from '@mixflow/core'
import { dataset } from './datasets.ts'
import { energyDistanceFrom } from './energy-distance.ts'
import { type Flow, flow } from './flow.ts'
import {
  exactSteps,
  type FlowSnapshot,
  fieldPoints,
  fieldTimes,
  forMethods,
  measuredSteps,
  type Scene,
  type Settings,
  type Snapshot,
  shownSteps,
} from './run.ts'

/** First index of the points for measurements and figures. Training does not reach it, so these points are not trained on. */
const heldOutFrom = 2 ** 40
const measured = 320
const shownPaths = 100
const shownLines = 140

export interface Experiment {
  readonly scene: Scene
  readonly step: number
  train(): void
  measure(): Promise<Snapshot>
  dispose(): void
}

export function experiment(settings: Settings): Experiment {
  const { seed } = settings
  const draw = dataset(settings)
  const flows = forMethods(method => flow(method, settings, draw))
  const points = draw({ seed, firstImage: heldOutFrom, images: measured })
  const x0 = normals({ seed, stream: 'noise', firstImage: heldOutFrom, images: measured, elementsPerImage: 2 })
  const scene: Scene = { data: points, x1: points.slice(0, 2 * shownLines), noise: x0.slice(0, 2 * shownLines) }
  const distance = energyDistanceFrom(points)
  let step = 0

  const measure = async ({ velocity, encode }: Flow): Promise<FlowSnapshot> => {
    const runs = await Promise.all(
      shownSteps.map(async steps =>
        pathsOf(velocity, steps === exactSteps ? x0.subarray(0, 2 * shownPaths) : x0, steps),
      ),
    )
    return {
      distances: measuredSteps.map((_, i) => Math.max(0, distance(runs[i]!.end))),
      curvature: (await curvature(velocity, x0.subarray(0, 2 * shownPaths), { elementsPerImage: 2, steps: exactSteps }))
        .mean,
      paths: runs.map(({ states }) => states),
      field: await Promise.all(
        Array.from({ length: fieldTimes }, (_, i) => velocity(fieldPoints, i / (fieldTimes - 1))),
      ),
      gaussian: await encode(scene.x1),
    }
  }

  return {
    scene,
    get step() {
      return step
    },
    train() {
      for (const { train } of Object.values(flows)) train(step)
      step++
    },
    async measure() {
      const measuring = forMethods(method => measure(flows[method]))
      return { step, flows: { 'rectified-flow': await measuring['rectified-flow'], mixflow: await measuring.mixflow } }
    },
    dispose() {
      for (const { dispose } of Object.values(flows)) dispose()
    },
  }
}

/** Returns the end points of Euler's method, and the states of the paths that are shown. */
async function pathsOf(velocity: Velocity<Float32Array>, x0: Float32Array, steps: number) {
  const shown = (x: Float32Array) => x.slice(0, 2 * shownPaths)
  const states = [shown(x0)]
  const { x: end } = await solve(velocity, x0, {
    solver: 'euler',
    steps,
    onStep: ({ x }) => void states.push(shown(x)),
  })
  return { end, states }
}
