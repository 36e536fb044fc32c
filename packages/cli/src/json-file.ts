/** JSON files that this program or a person wrote: read strictly, so that a damaged one is refused and never taken for an absent one. */

import { type JsonValue, parseStrictJson, type StrictJsonOptions } from '@mixflow/core/internal'
import { readRegularFile } from '@mixflow/files'

/**
 * The value in the file; null where there is no file.
 *
 * @throws MixflowError with the given code for what is not JSON; the system's error where the file cannot be read
 */
export async function readJsonFile(
  path: string,
  options: Pick<StrictJsonOptions, 'code'> & { readonly hint: string },
): Promise<JsonValue> {
  const bytes = await readRegularFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  return bytes === null ? null : parseStrictJson(bytes, { what: path, ...options })
}
