/** Opens a data set. Where images cannot be read, a file lists all of them, since there may be thousands. */

import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { printableName } from '@mixflow/core/internal'
import { type BadImage, type BadImageOptions, type Dataset, type OpenDataOptions, openData } from '@mixflow/train'

/** @throws MixflowError as `openData`; DATA_INVALID names the file with the list in its hint */
export async function openDataOrList(
  spec: string,
  options: OpenDataOptions,
  open: (spec: string, options: OpenDataOptions) => Promise<Dataset> = openData,
): Promise<Dataset> {
  try {
    return await open(spec, options)
  } catch (error) {
    throw (await withList(error)) ?? error
  }
}

/** Of a configuration, as options: only where images are skipped, since sets that are not files take no such option. */
export const badImageOptions = ({ badImages, badImagesLimit }: BadImageOptions): Partial<BadImageOptions> =>
  badImages === 'skip' ? { badImages, badImagesLimit } : {}

/** The same error with the path of the list; null where it is about something else, or no list can be written. */
async function withList(error: unknown): Promise<MixflowError | null> {
  if (!MixflowError.is(error) || error.code !== 'DATA_INVALID') return null
  const bad = error.details.bad as readonly BadImage[] | undefined
  if (bad === undefined) return null
  try {
    const path = join(await mkdtemp(join(tmpdir(), 'mixflow-')), 'bad-images.txt')
    await writeFile(path, bad.map(({ name, reason }) => `${printableName(name)}\t${printableName(reason)}\n`).join(''))
    const { code, message, hint, details, cause } = error
    return new MixflowError(code, message, {
      hint: [...(hint?.split('\n') ?? []), `all of them: ${path}`],
      details: { ...details, list: path },
      cause,
    })
  } catch {
    return null
  }
}
