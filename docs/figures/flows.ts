/**
 * Figures of the two-dimensional flows: examples/minimal.ts trained as a rectified flow and as MixFlow from one seed, then drawn:
 * training lines, learned paths, sources by w, and samples by number of steps.
 */
import * as core from '@mixflow/core'
import { useOnnxBackend } from '@mixflow/tfjs-onnx'
import { tensorAlgebra } from '@mixflow/zoo/networks'
import * as tf from '@tensorflow/tfjs-core'
import { learn, mlp, moons } from '../../examples/minimal.ts'
import { colors, dots, lines, type Point, svg, text } from './svg.ts'

const size = 230
const gap = 24
const top = 34

const reach = 2.7

/** A panel's mapping from the plane, [-reach, reach] on each axis, to its pixels. */
const place = (column: number, row = 0) => {
  const [left, above] = [gap + column * (size + gap), top + row * (size + gap)]
  const at = (x: number, y: number): Point => [
    left + (size * (x + reach)) / (2 * reach),
    above + (size * (reach - y)) / (2 * reach),
  ]
  const all = (x: ArrayLike<number>) => Array.from({ length: x.length / 2 }, (_, i) => at(x[2 * i]!, x[2 * i + 1]!))
  return { all, title: [left + size / 2, above - 12] as Point }
}
const page = (columns: number, rows: number, shapes: string[]) =>
  svg(gap + columns * (size + gap), top + rows * (size + gap), shapes)

type Velocity = Awaited<ReturnType<typeof learn>>

/** Where each of the points is after each Euler step, the start included. */
async function trajectory(velocity: Velocity, x0: Float32Array, steps: number): Promise<Float32Array[]> {
  const states = [x0]
  await core.solve(velocity, x0, { solver: 'euler', steps, onStep: ({ x }) => void states.push(x.slice()) })
  return states
}

/** x0 of the pairs of a batch with fixed w; the points x1 are those of `moons(n, seed)`. */
function sourceAt(source: core.Source<tf.Tensor>, n: number, seed: number): Float32Array {
  return tf.tidy(() => {
    const { draw } = core.objective({ source })
    const draws = core.mapDraws(draw({ seed, images: n, elementsPerImage: 2 }), x =>
      x.length === n ? tf.tensor1d(x) : tf.tensor2d(x, [n, 2]),
    )
    const x1 = tf.tensor2d(moons(n, seed), [n, 2])
    return source.sample(tensorAlgebra, { x1, draws }).x0.dataSync<'float32'>()
  })
}

export async function flowFigures(steps: number): Promise<Record<string, string>> {
  await useOnnxBackend()
  const encoder = mlp(2, 4, 2)
  const conditioned = core.kappaFc<tf.Tensor>(encoder)
  const plain = core.standardNormal<tf.Tensor>()
  const flows = [
    { name: 'rectified flow', color: colors.flow, velocity: await learn(plain, steps), source: plain },
    {
      name: 'MixFlow',
      color: colors.mix,
      velocity: await learn(core.mixture(conditioned, plain), steps),
      source: core.mixture(conditioned, plain, { weight: 1 }),
    },
  ]
  const noise = core.normals({ seed: 7, stream: 'noise', images: 1000, elementsPerImage: 2 })
  const data = moons(1000, 0)
  const some = noise.subarray(0, 160)

  const drawn: Record<string, string[]> = { lines: [], paths: [], mixture: [], steps: [] }
  for (const [row, { name, color, velocity, source }] of flows.entries()) {
    const panel = place(row)
    const [starts, ends] = [panel.all(sourceAt(source, 80, 3)), panel.all(moons(80, 3))]
    drawn.lines!.push(
      text(panel.title, name === 'MixFlow' ? 'MixFlow, at w = 1' : name, { color }),
      lines(
        starts.map((start, i) => [start, ends[i]!]),
        color,
      ),
      dots(starts, color),
      dots(ends, colors.text),
    )
    const { mean } = await core.curvature(velocity, noise, { elementsPerImage: 2, steps: 64 })
    const states = (await trajectory(velocity, some, 64)).map(panel.all)
    drawn.paths!.push(
      text(panel.title, `${name}, curvature ${mean.toFixed(2)}`, { color }),
      dots(panel.all(data), colors.data, { opacity: 0.35 }),
      lines(
        states[0]!.map((_, i) => states.map(state => state[i]!)),
        color,
        { opacity: 0.7 },
      ),
      dots(states[0]!, color),
      dots(states.at(-1)!, colors.text),
    )
    for (const [column, count] of [1, 2, 4, 8].entries()) {
      const cell = place(column, row)
      const { x } = await core.solve(velocity, noise, { solver: 'euler', steps: count })
      drawn.steps!.push(
        ...(row === 0 ? [text(cell.title, `${count} step${count === 1 ? '' : 's'}`)] : []),
        dots(cell.all(data), colors.data, { opacity: 0.25 }),
        dots(cell.all(x), color, { opacity: 0.5 }),
        ...(column === 0
          ? [text([cell.title[0] - size / 2, cell.title[1] + size + 4], name, { anchor: 'start', color })]
          : []),
      )
    }
  }
  for (const [column, weight] of [0, 0.25, 0.5, 0.75, 1].entries()) {
    const panel = place(column)
    const x0 = panel.all(sourceAt(core.mixture(conditioned, plain, { weight }), 600, 3))
    // moons() alternates between the half circles
    const half = (side: number) => x0.filter((_, i) => i % 2 === side)
    drawn.mixture!.push(
      text(panel.title, `w = ${weight}`),
      dots(panel.all(data), colors.data, { opacity: 0.25 }),
      dots(half(0), colors.mix),
      dots(half(1), colors.flow),
    )
  }
  return {
    lines: page(2, 1, drawn.lines!),
    paths: page(2, 1, drawn.paths!),
    mixture: page(5, 1, drawn.mixture!),
    steps: page(4, 2, drawn.steps!),
  }
}
