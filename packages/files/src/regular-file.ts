/**
 * Reads files at paths given by users. Opening a named pipe or device can block forever, so anything but a regular file is
 * refused, both before opening it and after opening it without blocking, in case it was replaced in between.
 */

import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats, statSync } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { MixflowError } from '@mixflow/core'
import type { Bytes } from '@mixflow/core/internal'

const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

/**
 * Opens a regular file for reading; links are followed.
 *
 * @throws MixflowError FILE_INVALID for anything but a regular file; system errors (ENOENT, EACCES) pass
 */
export async function openRegularFile(path: string): Promise<FileHandle> {
  checkKind(path, await stat(path))
  const file = await open(path, flags)
  try {
    checkKind(path, await file.stat())
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}

/** Throws as `openRegularFile`, without opening the file. */
export async function checkRegularFile(path: string): Promise<void> {
  checkKind(path, await stat(path))
}

/**
 * Returns the bytes of a regular file, in a new array.
 *
 * @throws MixflowError FILE_INVALID for anything but a regular file; system errors pass
 */
export async function readRegularFile(
  path: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Bytes> {
  const file = await openRegularFile(path)
  try {
    return unpooled(await file.readFile(options))
  } finally {
    await file.close()
  }
}

/** Returns the first bytes of a regular file: `length`, or all where it has fewer. Errors as `readRegularFile`. */
export async function readRegularStart(path: string, length: number): Promise<Uint8Array> {
  // not `await using`: contexts of Jest 29 have no Symbol.asyncDispose
  const file = await openRegularFile(path)
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** Returns the text of a regular file in UTF-8, without a byte order mark. Errors as `readRegularFile`. */
export async function readRegularText(path: string): Promise<string> {
  return new TextDecoder().decode(await readRegularFile(path))
}

/** As `readRegularFile`, synchronously. */
export function readRegularFileSync(path: string): Bytes {
  checkKind(path, statSync(path))
  const file = openSync(path, flags)
  try {
    checkKind(path, fstatSync(file))
    return unpooled(readFileSync(file))
  } finally {
    closeSync(file)
  }
}

/** Describes why a file could not be read, for messages: the code of a system error, or the kind of file. */
export function readFailure(cause: unknown): string {
  if (MixflowError.is(cause)) return String(cause.details.kind ?? cause.message)
  return (cause as NodeJS.ErrnoException).code ?? (cause instanceof Error ? cause.message : String(cause))
}

function checkKind(path: string, info: Stats): void {
  if (info.isFile()) return
  const kind = kindOf(info)
  throw new MixflowError('FILE_INVALID', `${path} is ${kind}, not a regular file`, {
    hint: 'give the path of a regular file; save the output of a program to a file first',
    details: { path, kind: `it is ${kind}` },
  })
}

function kindOf(info: Stats): string {
  if (info.isDirectory()) return 'a folder'
  if (info.isFIFO()) return 'a named pipe'
  if (info.isSocket()) return 'a socket'
  return 'a device'
}

/** Converts to a Uint8Array with its own memory: `slice` of a Buffer is a view, and small Buffers share a pool. */
const unpooled = (bytes: Buffer): Bytes =>
  bytes.byteOffset === 0 && bytes.buffer instanceof ArrayBuffer && bytes.buffer.byteLength === bytes.length
    ? new Uint8Array(bytes.buffer)
    : new Uint8Array(bytes)
