/** What the child process of `tryLibrary` runs: every function in a world of one rank; prints the facts as one line of JSON. */

import { Mpi } from '../mpi.ts'
import { loadLibrary } from './load-library.ts'

const library = loadLibrary(process.argv[2] as string)
const mpi = new Mpi(library)
for (const type of [Float32Array, Float64Array]) {
  const values = type.from([1, -2, 0.5])
  await mpi.allReduce(values, 'mean')
  await mpi.broadcast(values)
  const [gathered] = (await mpi.gather(values)) ?? []
  const read = [...values, ...(gathered ?? [])].join()
  if (read !== '1,-2,0.5,1,-2,0.5') throw new Error(`it computes [1, -2, 0.5] wrongly: ${read}`)
}
await mpi.barrier()
await mpi.finalize()
process.stdout.write(`${JSON.stringify({ version: library.version, abi: library.abi })}\n`)
