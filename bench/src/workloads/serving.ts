/**
 * A server whose requests share evaluations, compared with one that samples per request: 32 concurrent clients, each requesting digits at
 * 5 NFE, one request after another. Responses are numbers, because PNG would cost both sides the same.
 */

import { loadModel } from '@mixflow/sdk-node'
import { serve } from '@mixflow/serve'
import type { Comparison } from '../compare.ts'
import type { Work } from '../measure.ts'
import { plainServer } from '../plain-server.ts'

const [clients, requestsEach, nfe] = [32, 2, 5]

interface Load {
  readonly workload: string
  readonly unit: 'requests' | 'images'
  /** Images per request. */
  readonly count: (client: number) => number
}

const loads: readonly Load[] = [
  { workload: 'serving', unit: 'requests', count: () => 1 },
  { workload: 'serving-mixed', unit: 'images', count: client => (client % 8 === 0 ? 16 : 1 + (client % 4)) },
]

async function ask(address: string, count: number, seed: number): Promise<Float32Array> {
  const response = await fetch(`${address}/v1/images`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/octet-stream' },
    body: JSON.stringify({ count, seed, nfe, solver: 'heun', label: seed % 10, guidance: 0 }),
  })
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
  return new Float32Array(await response.arrayBuffer())
}

/** A round of all clients. Both sides use the same seeds per round. */
function workOn(address: string, { unit, count }: Load): Work {
  let round = 0
  return async () => {
    const first = round++ * clients * requestsEach
    const client = async (_: unknown, i: number) => {
      const answers: Float32Array[] = []
      for (let k = 0; k < requestsEach; k++) answers.push(await ask(address, count(i), first + i * requestsEach + k))
      return answers
    }
    const answers = (await Promise.all(Array.from({ length: clients }, client))).flat()
    const images = Array.from({ length: clients }, (_, i) => requestsEach * count(i)).reduce((a, b) => a + b)
    return {
      amount: unit === 'images' ? images : answers.length,
      result: () => answers.flatMap(numbers => [...numbers]),
    }
  }
}

export const serving = (folder: () => Promise<string>): readonly Comparison[] =>
  loads.map(load => {
    const open: AsyncDisposable[] = []
    const keep = <T extends AsyncDisposable>(resource: T): T => {
      open.unshift(resource)
      return resource
    }
    return {
      ...{ workload: load.workload, unit: load.unit, peer: 'request-by-request', tolerance: 1e-4 },
      async ours() {
        const model = keep(await loadModel(await folder()))
        return workOn(keep(await serve({ digits: model }, { port: 0 })).address, load)
      },
      async theirs() {
        const model = keep(await loadModel(await folder()))
        return workOn(keep(await plainServer(model)).address, load)
      },
      async end() {
        for (const resource of open.splice(0)) await resource[Symbol.asyncDispose]()
      },
    }
  })
