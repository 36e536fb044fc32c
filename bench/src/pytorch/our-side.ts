/**
 * Our side of a comparison with PyTorch, as a separate process: reads a task, reports that it is ready, then does one round of work per input
 * line.
 */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { loadModel } from '@mixflow/sdk-node'
import { type BackendOptions, ParameterVector, trainStep, useBackend } from '@mixflow/train'
import * as tf from '@tensorflow/tfjs-core'
import { modelOf, type Task } from './task.ts'

type Step = () => Promise<readonly number[]>

async function numbers({ folder }: Task, name: string): Promise<Float32Array> {
  const { buffer, byteOffset, byteLength } = await readFile(join(folder, `${name}.f32`))
  return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength))
}

async function training(task: Task, options: BackendOptions): Promise<Step> {
  await useBackend(options.backend === 'tfjs-node' ? options : { threads: task.threads, ...options })
  const model = modelOf(task)
  const vector = new ParameterVector(model.parameters)
  const step = trainStep(model, vector)
  const [given, images, noise, t] = await Promise.all(['weights', 'x1', 'noise', 't'].map(name => numbers(task, name)))
  const stored = new ParameterVector(model.parameters, { channelsLast: false }).named(given as Float32Array)
  const weights = vector.join(new Map([...stored].map(([name, { data }]) => [name, data])))
  const batch = { images, draws: { t, noise } } as never
  let state = {
    parameters: tf.tensor1d(weights) as tf.Tensor,
    ema: tf.tensor1d(weights) as tf.Tensor,
    firstMoment: tf.zeros([vector.length]) as tf.Tensor,
    secondMoment: tf.zeros([vector.length]) as tf.Tensor,
  }
  let steps = 0
  return async () => {
    const { state: next, metrics } = await step.run(state, batch, { step: ++steps, imagesSeen: steps, overwrite: true })
    tf.dispose({ ...state })
    state = next
    return [metrics.loss]
  }
}

async function sampling(task: Task): Promise<Step> {
  const model = await loadModel(task.model)
  const { batch: count, seed, sampleEvery } = task
  return async () => {
    const { images } = await model.sample({ count, seed, solver: 'euler', nfe: 1, guidance: 0 })
    const size = images[0]?.data.length as number
    return Array.from({ length: Math.ceil((count * size) / sampleEvery) }, (_, i) => {
      const at = i * sampleEvery
      return images[Math.floor(at / size)]?.data[at % size] as number
    })
  }
}

const send = (message: object): void => void process.stdout.write(`${JSON.stringify(message)}\n`)

async function main(): Promise<void> {
  const [file = '', options = '{}'] = process.argv.slice(2)
  const task = JSON.parse(await readFile(file, 'utf8')) as Task
  const step = await (task.work === 'train' ? training(task, JSON.parse(options)) : sampling(task))
  send({ ready: options })
  for await (const _ of createInterface({ input: process.stdin })) {
    const before = process.cpuUsage()
    const result = await step()
    const { user, system } = process.cpuUsage(before)
    const peakBytes = 1024 * process.resourceUsage().maxRSS
    send({ amount: task.batch, result, peakBytes, processorSeconds: (user + system) / 1e6 })
  }
}

await main()
process.exit()
