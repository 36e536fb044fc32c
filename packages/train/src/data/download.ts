/**
 * Downloads a file of known size and sha256.
 *
 * The bytes are written to `<path>.part`, which is renamed to `path` after the sha256 is verified. The part of an interrupted download
 * is continued by the next attempt, from any address, as all serve the same bytes. If the sha256 of a continued part is wrong, the
 * download restarts. The addresses are tried in order, in rounds with growing pauses, until all have failed permanently.
 */
import { createHash } from 'node:crypto'
import { mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { MixflowError } from '@mixflow/core'
import { diskError, lockFile, openRegularFile, readRegularText } from '@mixflow/files'
import type { Dispatcher } from 'undici'
import { discard, httpClient, interrupted, openBody, UnusableRange, wrongSize } from './http-body.ts'
import { type OnProgress, throwIfAborted } from './tasks.ts'

export interface DownloadRequest {
  /** http(s) addresses of the same file, the best first. */
  readonly addresses: readonly string[]
  /** Path of the file. Its folder is created. */
  readonly path: string
  /** Size of the file. */
  readonly bytes: number
  /** sha256 of the file, hex. */
  readonly sha256: string
  readonly onProgress?: OnProgress | undefined
  readonly signal?: AbortSignal | undefined
  /** Timeout without data, in ms. Default: 30,000. */
  readonly idleMs?: number
  /** Rounds over the addresses without progress before it fails. Default: 4. */
  readonly rounds?: number
  /** Pause after the first such round, in ms, doubled after each. Default: 1,000. */
  readonly pauseMs?: number
}

/** The request with the state that its attempts share. */
interface Job extends DownloadRequest {
  readonly part: string
  readonly dispatcher: Dispatcher
}

/**
 * Downloads the file unless it exists with the right sha256. If several processes download the same file, one does and the others
 * wait.
 *
 * @throws MixflowError ABORTED; DOWNLOAD_DISK; or the error of all addresses: DOWNLOAD_OFFLINE,
 * DOWNLOAD_INTERRUPTED, DOWNLOAD_NOT_FOUND, DOWNLOAD_REFUSED, DOWNLOAD_NOT_A_FILE, DOWNLOAD_SIZE_MISMATCH,
 * DOWNLOAD_HASH_MISMATCH, or DOWNLOAD_FAILED if they differ (details.failures: address, code, message)
 */
export async function download(request: DownloadRequest): Promise<void> {
  const { path, signal, addresses } = request
  if (addresses.length === 0) throw new MixflowError('ARGUMENT_INVALID', `no address to download ${path} from`)
  throwIfAborted(signal, `downloading ${basename(path)}`)
  if (await isVerified(path, request)) return
  await onDisk(path, () => mkdir(dirname(path), { recursive: true }))
  const onWait = () => report(request, 'wait', 0)
  const lock = await onDisk(path, () => lockFile(`${path}.lock`, { signal, onWait }))
  try {
    if (!(await isVerified(path, request))) await withClient(request)
  } finally {
    await lock.release()
  }
}

async function withClient(request: DownloadRequest): Promise<void> {
  const client = httpClient(request.idleMs ?? 30_000)
  try {
    await tryAddresses({ ...request, part: `${request.path}.part`, dispatcher: client.dispatcher })
  } finally {
    await client.destroy()
  }
}

async function tryAddresses(job: Job): Promise<void> {
  const failures = new Map<string, MixflowError>()
  const remaining = new Set(job.addresses)
  const { rounds = 4, pauseMs = 1000 } = job
  let most = await sizeOf(job.part)
  for (let fruitless = 0; ; ) {
    fruitless++
    for (const address of remaining) {
      try {
        return await tryAddress(job, address)
      } catch (error) {
        throwIfAborted(job.signal, `downloading ${basename(job.path)}`)
        if (!isFailure(error)) throw error
        failures.set(address, error)
        if (!isTemporary(error)) remaining.delete(address)
      }
      // a connection that breaks but makes progress each time is not given up
      const size = await sizeOf(job.part)
      if (size > most + job.bytes / 100) {
        most = size
        fruitless = 0
      }
    }
    if (remaining.size === 0 || fruitless >= rounds) throw summary(job, failures)
    const pause = pauseMs * 2 ** Math.max(0, fruitless - 1)
    await sleep(pause, undefined, job.signal && { signal: job.signal }).catch(() => {})
    throwIfAborted(job.signal, `downloading ${basename(job.path)}`)
  }
}

const isFailure = (error: unknown): error is MixflowError =>
  MixflowError.is(error) && error.code.startsWith('DOWNLOAD_') && error.code !== 'DOWNLOAD_DISK'

/** Whether the same address may succeed later. */
function isTemporary({ code, details }: MixflowError): boolean {
  if (code === 'DOWNLOAD_OFFLINE' || code === 'DOWNLOAD_INTERRUPTED') return true
  const status = Number(details.status)
  return code === 'DOWNLOAD_REFUSED' && (status >= 500 || [408, 425, 429].includes(status))
}

/** One attempt at one address: fetch the missing bytes, verify, rename. */
async function tryAddress(job: Job, address: string): Promise<void> {
  const had = await sizeOf(job.part)
  if (had !== job.bytes) await fetchRest(job, address, had < job.bytes ? had : 0)
  if (!(await isVerified(job.part, job))) {
    await dropPart(job)
    if (had > 0) throw interrupted(address, new Error('the bytes of an earlier attempt do not match; starting again'))
    throw new MixflowError('DOWNLOAD_HASH_MISMATCH', `${address} is not the expected file: its sha256 differs`, {
      hint: `expected ${job.sha256}; nothing was kept`,
      details: { address, expected: job.sha256 },
    })
  }
  await onDisk(job.path, () => rename(job.part, job.path))
  await rm(`${job.part}.json`, { force: true })
}

async function fetchRest(job: Job, address: string, offset: number): Promise<void> {
  const { dispatcher, bytes, signal } = job
  const etag = await etagOf(job, address)
  const body = await openBody(address, { dispatcher, offset, etag, bytes, signal }).catch(async error => {
    if (!(error instanceof UnusableRange)) throw error
    await dropPart(job)
    throw interrupted(address, error)
  })
  try {
    if (body.offset === 0) await saveEtag(job, address, body.etag)
    await writeBody(job, address, body)
  } catch (error) {
    // more bytes than expected: not the file
    if (MixflowError.is(error) && error.code === 'DOWNLOAD_SIZE_MISMATCH') await dropPart(job)
    throw error
  } finally {
    discard(body.stream)
  }
}

async function writeBody(
  job: Job,
  address: string,
  body: { readonly offset: number; readonly stream: AsyncIterable<Uint8Array> },
): Promise<void> {
  let at = body.offset
  const file = await onDisk(job.part, () => open(job.part, at === 0 ? 'w' : 'a'))
  try {
    for await (const chunk of chunksOf(body.stream, address)) {
      if (at + chunk.length > job.bytes) throw wrongSize(address, 'more', job.bytes)
      await onDisk(job.part, () => file.appendFile(chunk))
      at += chunk.length
      report(job, 'download', at)
    }
    await onDisk(job.part, () => file.sync())
  } finally {
    await file.close()
  }
  if (at < job.bytes) throw interrupted(address, new Error(`received ${at} of ${job.bytes} bytes`))
}

/** The chunks of a body. Its errors become DOWNLOAD_INTERRUPTED. */
async function* chunksOf(stream: AsyncIterable<Uint8Array>, address: string): AsyncIterable<Uint8Array> {
  try {
    yield* stream
  } catch (error) {
    throw interrupted(address, error)
  }
}

/** Whether the file exists with the right size and sha256. */
async function isVerified(path: string, request: DownloadRequest): Promise<boolean> {
  if ((await sizeOf(path)) !== request.bytes) return false
  const hash = createHash('sha256')
  let done = 0
  for await (const chunk of (await openRegularFile(path)).createReadStream({ highWaterMark: 2 ** 20 })) {
    throwIfAborted(request.signal, `verifying ${basename(path)}`)
    hash.update(chunk)
    report(request, 'verify', (done += chunk.length))
  }
  return hash.digest('hex') === request.sha256
}

const sizeOf = async (path: string) => (await stat(path).catch(() => null))?.size ?? 0

async function dropPart(job: Job): Promise<void> {
  await rm(job.part, { force: true })
  await rm(`${job.part}.json`, { force: true })
}

/** Stores the address and version that the part is from. */
async function saveEtag(job: Job, address: string, etag: string | null): Promise<void> {
  await onDisk(job.part, () => writeFile(`${job.part}.json`, JSON.stringify({ address, etag })))
}

async function etagOf(job: Job, address: string): Promise<string | null> {
  try {
    const kept = JSON.parse(await readRegularText(`${job.part}.json`))
    return kept.address === address && typeof kept.etag === 'string' ? kept.etag : null
  } catch {
    return null
  }
}

const report = ({ path, bytes, onProgress }: DownloadRequest, phase: 'wait' | 'download' | 'verify', done: number) =>
  onProgress?.({ phase, what: basename(path), done, total: bytes })

/** Runs a file operation; its errors become DOWNLOAD_DISK. */
async function onDisk<T>(path: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation()
  } catch (cause) {
    throw diskError(path, cause, {
      code: 'DOWNLOAD_DISK',
      hint: 'set MIXFLOW_CACHE to a writable folder',
      hintIfFull: 'free some space, or set MIXFLOW_CACHE to a folder on another disk',
    })
  }
}

function summary(job: Job, failures: ReadonlyMap<string, MixflowError>): MixflowError {
  const list = [...failures].map(([address, { code, message }]) => ({ address, code, message }))
  const first = failures.values().next().value!
  if (failures.size === 1) return first
  const alike = list.every(failure => failure.code === first.code)
  const lines = list.map(failure => failure.message)
  const message = `${basename(job.path)} could not be downloaded from any of ${list.length} addresses`
  return new MixflowError(alike ? first.code : 'DOWNLOAD_FAILED', message, {
    hint: alike && first.hint ? [...lines, ...first.hint.split('\n')] : lines,
    details: { failures: list },
    cause: first,
  })
}
