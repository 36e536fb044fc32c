/**
 * Access control by Host and Origin. A page of another site can send requests to this machine, and by DNS rebinding (its name
 * resolves to 127.0.0.1) also read the responses. So the Host must be an IP address, localhost or an allowed name, and the
 * Origin must be the server's own or an allowed one.
 */
import { isIP } from 'node:net'
import { MixflowError } from '@mixflow/core'

export interface GuardOptions {
  readonly allowHosts: readonly string[]
  readonly allowOrigins: readonly string[]
}

/** Headers of a request. */
export interface AccessHeaders {
  readonly host: string | undefined
  readonly origin: string | undefined
}

/** @throws MixflowError SERVER_REFUSED */
export function checkAccess({ host = '', origin }: AccessHeaders, { allowHosts, allowOrigins }: GuardOptions): void {
  const name = hostName(host)
  if (name === null || !(isOwn(name) || allowHosts.some(allowed => allowed.toLowerCase() === name))) {
    throw refused(`the host name ${JSON.stringify(host.slice(0, 100))} is not allowed`, 'host', name)
  }
  if (origin === undefined || allowOrigins.includes('*') || allowOrigins.includes(origin)) return
  if (URL.canParse(origin) && new URL(origin).host === host.toLowerCase()) return
  throw refused(`pages of ${JSON.stringify(origin.slice(0, 100))} are not allowed to use the server`, 'origin', origin)
}

/** The name in `name:port`, in lower case, IPv6 without brackets; null if it is invalid. */
function hostName(host: string): string | null {
  if (!/^[\w.:[\]-]+$/.test(host) || !URL.canParse(`http://${host}`)) return null
  return new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '')
}

/** Names that no page of another site can have. */
const isOwn = (name: string): boolean => isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost')

const refused = (message: string, kind: 'host' | 'origin', value: string | null): MixflowError =>
  new MixflowError('SERVER_REFUSED', message, {
    hint: `to allow it, start the server with --allow-${kind} ${value !== null && /^[\w.:/-]+$/.test(value) ? value.slice(0, 100) : kind.toUpperCase()}`,
  })
