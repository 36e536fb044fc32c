/**
 * Imports of this package's modules that are loaded on demand. A browser remembers a failed import by its URL, so the retry uses
 * another URL.
 */
import { MixflowError } from '@mixflow/core'

let attempts = 0

/**
 * Returns the module that `load` imports, even if an earlier import of it has failed.
 *
 * @throws MixflowError PACKAGE_MISSING
 */
export async function importWithRetry<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    // the URL that the bundler chose is known only from the browser's message
    const address = /https?:\/\/\S+$/.exec(message)?.[0]
    const missing = new MixflowError('PACKAGE_MISSING', `a module of @mixflow/sdk-web cannot be imported: ${message}`, {
      hint: 'load the model again; if the error persists, reload the page and check that all files of the build are served',
      cause,
    })
    if (address === undefined) throw missing
    const again = `${address}${address.includes('?') ? '&' : '?'}again=${++attempts}`
    try {
      // in a try block, because Turbopack of Next 14 reports an import that it cannot resolve as an error elsewhere
      return await import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ again)
    } catch {
      throw missing
    }
  }
}
