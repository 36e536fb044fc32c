/**
 * `pnpm --filter @mixflow/serve run load [requests] [seed]`: sends a long mixed load to a local server, prints the responses by kind, and
 * exits with 1 if a client that waited got no response.
 */
import { mixedLoad } from '../src/fixtures/mixed-load.ts'
import { smallModel } from '../src/fixtures/small-model.ts'
import { serve } from '../src/index.ts'

const [requests = 5000, seed = 1] = process.argv.slice(2).map(Number)
const model = await smallModel()
let faults = 0
const log = ({ level }: { readonly level: string }) => {
  if (level === 'error') faults++
}
const server = await serve({ small: model }, { port: 0, log })
const result = await mixedLoad({ address: server.address, requests, seed, clients: 16 })
console.log({ requests, seed, ...result, faults })
await server.close()
await model.dispose()
process.exitCode = result.failures.length + faults === 0 ? 0 : 1
