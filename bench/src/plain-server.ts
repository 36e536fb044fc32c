/** What one writes who has the SDK and nothing else: a server that calls `model.sample` for each request. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { concatenate } from '@mixflow/core/internal'
import type { NodeModel } from '@mixflow/sdk-node'

/** Answers `POST` with the numbers of the images that the body asks for. */
export async function plainServer(model: NodeModel): Promise<AsyncDisposable & { readonly address: string }> {
  const server = createServer(async (request, response) => {
    const { images } = await model.sample(JSON.parse(await text(request)))
    response.setHeader('content-type', 'application/octet-stream')
    response.end(new Uint8Array(concatenate(images.map(({ data }) => data)).buffer))
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
