/**
 * Downloads and unpacks Python wheels (zip archives), for the shared libraries in them: PyPI publishes those of TensorFlow, CUDA and
 * ONNX Runtime in all versions, with hashes. pip verifies the sha256 of each; nothing that is downloaded is run.
 */

import { createWriteStream } from 'node:fs'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { MixflowError } from '@mixflow/core'
import { throwIfAborted } from '@mixflow/core/internal'
import { openPromise } from 'yauzl'
import { downloadFailed, type Programs, runProgram, type Setting } from './programs.ts'

export interface Wheel {
  readonly name: string
  readonly version: string
  readonly sha256: string
}

const manylinuxNames = ['_2_28', '_2_27', '_2_25', '_2_18', '_2_17', '2014', '_2_12', '2010', '_2_5', '1']

/** Platform tags of wheels for Linux, from the newest C library to the oldest. */
export const manylinux = (arch: 'x86_64' | 'aarch64'): string[] =>
  manylinuxNames.map(name => `manylinux${name}_${arch}`)

interface FetchOptions extends Pick<Programs, 'pip'>, Setting {
  readonly python: string
  readonly platforms?: readonly string[]
}

/**
 * Downloads wheels into `folder`. Existing files are verified and not downloaded again.
 *
 * @param python version of CPython, for wheels that depend on it: `3.11`
 * @param platforms tags of the wheels. Default: Linux on x64
 * @returns their paths, in the order of `wheels`
 * @throws MixflowError DOWNLOAD_OFFLINE, DOWNLOAD_HASH_MISMATCH, SETUP_FAILED, ABORTED
 */
export async function fetchWheels(
  wheels: readonly Wheel[],
  folder: string,
  { pip, python, platforms = manylinux('x86_64'), ...setting }: FetchOptions,
): Promise<string[]> {
  await mkdir(folder, { recursive: true })
  const requirements = join(folder, 'requirements.txt')
  await writeFile(
    requirements,
    wheels.map(({ name, version, sha256 }) => `${name}==${version} --hash=sha256:${sha256}\n`).join(''),
  )
  const args = ['download', '--quiet', '--no-deps', '--require-hashes', '--only-binary=:all:', '--implementation=cp']
  const target = [
    `--python-version=${python}`,
    ...platforms.map(platform => `--platform=${platform}`),
    '--dest',
    folder,
  ]
  await runProgram(pip, [...args, ...target, '-r', requirements], setting).catch(
    downloadFailed(wheels[0]?.name ?? 'a wheel'),
  )
  const files = await readdir(folder)
  return wheels.map(({ name, version }) => {
    const start = `${name.replaceAll('-', '_')}-${version}-`
    return join(folder, files.find(file => file.startsWith(start)) as string)
  })
}

interface UnpackOptions {
  /** The path below `into` for a file of the archive; null skips the file. */
  readonly target: (name: string) => string | null
  readonly signal?: AbortSignal | undefined
}

/** Unpacks some files of a wheel. @throws MixflowError SETUP_FAILED if the archive is damaged, ABORTED */
export async function unpackWheel(wheel: string, into: string, { target, signal }: UnpackOptions): Promise<void> {
  // yauzl refuses names that lead outside of the folder
  const archive = await openPromise(wheel, { lazyEntries: true, autoClose: false }).catch(damaged(wheel))
  try {
    for await (const entry of archive.eachEntry()) {
      throwIfAborted(signal)
      const path = entry.fileName.endsWith('/') ? null : target(entry.fileName)
      if (path === null) continue
      const file = join(into, path)
      await mkdir(dirname(file), { recursive: true })
      // some files are programs that TensorFlow calls (ptxas)
      const mode = (entry.externalFileAttributes >>> 16) & 0o111 ? 0o755 : 0o644
      await pipeline(await archive.openReadStreamPromise(entry), createWriteStream(file, { mode })).catch(
        damaged(wheel),
      )
    }
  } finally {
    archive.close()
  }
}

const damaged =
  (wheel: string) =>
  (cause: unknown): never => {
    throw new MixflowError('SETUP_FAILED', `${wheel} could not be unpacked: ${cause}`, {
      hint: 'check the free disk space, then try again',
      cause,
    })
  }
