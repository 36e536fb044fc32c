/**
 * Whom the server answers. A page from elsewhere can send requests to this machine, and by rebinding its own name to 127.0.0.1 it
 * could read the answers, too: so the name that a request comes under must be an address, localhost, or one that was told, and a
 * page's origin must be the server's own, or one that was told.
 */
import { isIP } from 'node:net'
import { MixflowError } from '@mixflow/core'

export interface GuardOptions {
  readonly allowHosts: readonly string[]
  readonly allowOrigins: readonly string[]
}

/** The headers as they came. */
export interface Asked {
  readonly host: string | undefined
  readonly origin: string | undefined
}

/** @throws MixflowError SERVER_REFUSED */
export function checkAsked({ host = '', origin }: Asked, { allowHosts, allowOrigins }: GuardOptions): void {
  const name = hostName(host)
  if (name === null || !(isOwn(name) || allowHosts.some(allowed => allowed.toLowerCase() === name))) {
    throw refused(`the server does not answer under the name ${JSON.stringify(host.slice(0, 100))}`, 'host', name)
  }
  if (origin === undefined || allowOrigins.includes('*') || allowOrigins.includes(origin)) return
  if (URL.canParse(origin) && new URL(origin).host === host.toLowerCase()) return
  throw refused(`the server does not answer pages of ${JSON.stringify(origin.slice(0, 100))}`, 'origin', origin)
}

/** Of `name:port`, in small letters, IPv6 without brackets. */
function hostName(host: string): string | null {
  if (!/^[\w.:[\]-]+$/.test(host) || !URL.canParse(`http://${host}`)) return null
  return new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '')
}

/** No page can have these as its name. */
const isOwn = (name: string): boolean => isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost')

const refused = (message: string, kind: 'host' | 'origin', value: string | null): MixflowError =>
  new MixflowError('SERVER_REFUSED', message, {
    hint: `if it should, start it with --allow-${kind} ${value !== null && /^[\w.:/-]+$/.test(value) ? value.slice(0, 100) : kind.toUpperCase()}`,
  })
