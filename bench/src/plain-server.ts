/** What one writes who has the SDK and nothing else: a server that calls `model.sample` for each request. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { NodeModel } from '@mixflow/sdk-node'

/** Answers `POST` with the numbers of the images that the body asks for. */
export async function plainServer(model: NodeModel): Promise<AsyncDisposable & { readonly address: string }> {
  const server = createServer(async (request, response) => {
    const { images } = await model.sample(JSON.parse(await text(request)))
    const all = new Float32Array(images.reduce((sum, { data }) => sum + data.length, 0))
    images.forEach(({ data }, i) => void all.set(data, i * data.length))
    response.setHeader('content-type', 'application/octet-stream')
    response.end(new Uint8Array(all.buffer))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
