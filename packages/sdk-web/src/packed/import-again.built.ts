/**
 * Parts of this package that are imported when they are needed. A browser remembers by its address that a module could not be
 * fetched, so what failed once is asked for under another address.
 */
import { MixflowError } from '@mixflow/core'

let attempts = 0

/**
 * Returns the module that `load` imports, also after an import of it has failed.
 *
 * @throws MixflowError PACKAGE_MISSING
 */
export async function importAgain<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    // the page's own address for it, which a bundler may have chosen
    const address = /https?:\/\/\S+$/.exec(cause instanceof Error ? cause.message : '')?.[0]
    if (address === undefined) throw missing(cause)
    const again = `${address}${address.includes('?') ? '&' : '?'}again=${++attempts}`
    try {
      // inside of `try`, because Turbopack of Next 14 takes an import that it cannot follow for an error elsewhere
      return await import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ again)
    } catch {
      throw missing(cause)
    }
  }
}

function missing(cause: unknown): MixflowError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new MixflowError('PACKAGE_MISSING', `a part of @mixflow/sdk-web cannot be imported: ${reason}`, {
    hint: 'load the model again; if the error stays, reload the page, and check that all files of the build are served',
    cause,
  })
}
