/** Opens a data set. If images cannot be read, all of them are listed in a file, because there may be thousands. */

import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { printableName } from '@mixflow/core/internal'
import { type BadImage, type BadImageOptions, type Dataset, type OpenDataOptions, openData } from '@mixflow/train'

/** @throws MixflowError as `open`; the hint of DATA_INVALID names the file with the list */
export async function openDataOrList(
  spec: string,
  options: OpenDataOptions,
  open: (spec: string, options: OpenDataOptions) => Promise<Dataset> = openData,
): Promise<Dataset> {
  try {
    return await open(spec, options)
  } catch (error) {
    throw (await withList(error).catch(() => null)) ?? error
  }
}

/** Options from a configuration. Left out for `refuse`, because built-in data sets do not take them. */
export const badImageOptions = ({ badImages, badImagesLimit }: BadImageOptions): Partial<BadImageOptions> =>
  badImages === 'skip' ? { badImages, badImagesLimit } : {}

/** The same error with the path of the list; null for an error that has no unreadable images. */
async function withList(error: unknown): Promise<MixflowError | null> {
  if (!MixflowError.is(error) || error.code !== 'DATA_INVALID') return null
  const bad = error.details.bad as readonly BadImage[] | undefined
  if (bad === undefined) return null
  const path = join(await mkdtemp(join(tmpdir(), 'mixflow-')), 'bad-images.txt')
  await writeFile(path, bad.map(({ name, reason }) => `${printableName(name)}\t${printableName(reason)}\n`).join(''))
  const { code, message, hint, details, cause } = error
  return new MixflowError(code, message, {
    hint: [...(hint?.split('\n') ?? []), `full list: ${path}`],
    details: { ...details, list: path },
    cause,
  })
}
