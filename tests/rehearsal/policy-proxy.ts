/**
 * A server in front of an application's own, as a careful host would put there: every answer carries a strict
 * Content-Security-Policy, which must not block sampling.
 */
import { createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface PolicyProxy extends AsyncDisposable {
  readonly url: string
}

export interface ProxyOptions {
  readonly policy: string
  /** Put before what a worker runs. */
  readonly workerPrelude?: string
}

/** @param port of the application, on this machine */
export async function policyProxy(port: number, { policy, workerPrelude = '' }: ProxyOptions): Promise<PolicyProxy> {
  const server = createServer((incoming, outgoing) => {
    const { method, url: path, headers } = incoming
    const { 'accept-encoding': _, ...plain } = headers
    const prelude = headers['sec-fetch-dest'] === 'worker' ? workerPrelude : ''
    const onward = request({ host: '127.0.0.1', port, method, path, headers: plain }, answer => {
      const { 'content-length': length, ...rest } = answer.headers
      outgoing.writeHead(answer.statusCode ?? 502, {
        ...rest,
        ...(length !== undefined && { 'content-length': Number(length) + prelude.length }),
        'content-security-policy': policy,
      })
      if (prelude !== '') outgoing.write(prelude)
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.writeHead(502).end())
    ;(incoming as IncomingMessage).pipe(onward)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}
