/**
 * All steps of Euler's method as one graph that shares the weights, compared with a loop that runs the network's graph once per step. Both on
 * ONNX Runtime's CPU in Node and on its WebAssembly in Chromium; a ratio above 1 means that the single graph is faster. The decision that
 * follows: docs/decisions/0030-steps-stay-a-loop.md.
 *
 *   pnpm --filter @mixflow/bench fused [--network small] [--batch 16] [--seconds 20]
 */

import { parseArgs } from 'node:util'
import { normals } from '@mixflow/core'
import { checkWord } from '@mixflow/core/internal'
import { findChromium } from '@mixflow/page'
import { trace } from '@mixflow/tfjs-onnx'
import { presets } from '@mixflow/zoo'
import { buildDenoiser, networkContext } from '@mixflow/zoo/networks'
import * as tf from '@tensorflow/tfjs-core'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { type GraphRun, integrateGraph } from './euler-graphs.ts'
import { openBenchPage } from './in-page.ts'
import { digits, inTurns, type Work } from './measure.ts'
import type { mixflowPage } from './page/graphs-page.ts'
import { onBackend } from './tfjs-backends.ts'

const { values } = parseArgs({
  options: {
    network: { type: 'string', multiple: true },
    batch: { type: 'string', default: '16' },
    seconds: { type: 'string', default: '20' },
  },
})
const [batch, steps] = [Number(values.batch), 5]

const networks = {
  small: { network: presets.quickstart.config.denoiser, image: { channels: 1, height: 28, width: 28 } },
  medium: {
    network: {
      kind: 'unet',
      options: { patchSize: 1, channels: [64, 64, 128], blocks: 2, attention: [2], headChannels: 32 },
    },
    image: { channels: 3, height: 32, width: 32 },
  },
} as const

type Graphs = Readonly<Record<GraphRun['graph'], Uint8Array>>

/** The graph of the network, and that of all steps. Weights are random and not zero, so that nothing is optimized away. */
function graphsOf({ network, image }: (typeof networks)[keyof typeof networks]): Graphs {
  const { parameters, apply } = buildDenoiser(network, networkContext({ image, labels: null, source: null }))
  const weights = Object.fromEntries(
    parameters.map(({ name, shape }, i) => {
      const elementsPerImage = shape.reduce((a, b) => a * b, 1)
      const drawn = normals({ seed: i, stream: 'probe', images: 1, elementsPerImage })
      return [
        name,
        tf.tensor(
          drawn.map(value => 0.05 * value),
          [...shape],
        ),
      ]
    }),
  )
  const velocity = (x: tf.Tensor, t: tf.Tensor) =>
    tf.transpose(apply(weights, tf.transpose(x, [0, 2, 3, 1]) as tf.Tensor4D, t as tf.Tensor1D, {}), [0, 3, 1, 2])
  const whole = (x: tf.Tensor) => {
    // t per image, for any batch size
    const zero = tf.mul(tf.sum(x, [1, 2, 3]), 0)
    let at = x
    for (let step = 0; step < steps; step++) at = tf.add(at, tf.div(velocity(at, tf.add(zero, step / steps)), steps))
    return { x1: at }
  }
  const x = { dims: ['N', image.channels, image.height, image.width], dtype: 'float32' } as const
  const t = { dims: ['N'], dtype: 'float32' } as const
  return {
    step: trace((...[from, time]) => ({ velocity: velocity(from as tf.Tensor, time as tf.Tensor) }), { x, t }),
    whole: trace(from => whole(from as tf.Tensor), { x }),
  }
}

type Integrate = (graph: GraphRun['graph']) => Promise<number>

async function inNode(graphs: Graphs, dims: readonly number[]): Promise<Integrate> {
  const options = { executionProviders: ['cpu'], graphOptimizationLevel: 'all' } as const
  const sessions = {
    step: await InferenceSession.create(graphs.step, options),
    whole: await InferenceSession.create(graphs.whole, options),
  }
  return graph => integrateGraph({ Tensor }, sessions[graph], { graph, dims, steps })
}

async function report(name: string, integrate: Integrate, seconds: number): Promise<void> {
  const apart = Math.abs((await integrate('whole')) - (await integrate('step')))
  const work =
    (graph: GraphRun['graph']): Work =>
    async () => {
      await integrate(graph)
      return { amount: batch }
    }
  const { ratio, middle, rounds } = await inTurns(work('whole'), work('step'), { warmUps: 0, seconds, leastRounds: 5 })
  const spread = `middle half ${digits(middle.low)} to ${digits(middle.high)}, ${rounds} rounds`
  console.log(`fused ${name}: ${digits(ratio)} (${spread}; results differ by ${apart.toExponential(1)})`)
}

const executable = findChromium()
const names = Object.keys(networks) as (keyof typeof networks)[]
const selected = values.network?.map(name => checkWord(name, names, { what: 'network' })) ?? names
for (const name of selected) {
  const description = networks[name]
  await onBackend('onnx')
  const graphs = graphsOf(description)
  const { channels, height, width } = description.image
  const dims = [batch, channels, height, width]
  const bytes = Object.entries(graphs).map(([graph, content]) => `${graph} ${(content.length / 1e6).toFixed(1)} MB`)
  console.log(`${name}: ${bytes.join(', ')}`)
  await report(`${name} node`, await inNode(graphs, dims), Number(values.seconds))
  if (executable === null) continue
  await using open = await openBenchPage<typeof mixflowPage>(executable, 'graphs-page', {
    answer(request, response) {
      const graph = /^\/graph\/(step|whole)$/.exec(request.url ?? '')?.[1] as GraphRun['graph'] | undefined
      if (graph !== undefined) response.writeHead(200).end(graphs[graph])
      return graph !== undefined
    },
  })
  const integrate: Integrate = graph => open.call('integrate', { graph, dims, steps })
  await report(`${name} chromium-wasm`, integrate, Number(values.seconds))
}
process.exit()
