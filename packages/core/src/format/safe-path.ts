/**
 * The file paths that a manifest or checkpoint may name: relative, downwards only, and the same file on every system and
 * in a URL. A list of what is allowed, so nothing has to be thought of twice: letters, digits, `_`, and inside a
 * segment also `.`, `-` and `+`. That leaves out `..`, absolute paths, backslashes, drive letters, schemes, percent
 * escapes, NUL, hidden files, and what Windows would rewrite.
 */
import { type Field, invalid, text } from './schema.ts'

const segment = /^[A-Za-z0-9_]([A-Za-z0-9._+-]{0,98}[A-Za-z0-9_+-])?$/
const windowsDevice = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i

/** True for a path of 1 to 8 safe segments joined by `/`. */
export function isSafePath(path: string): boolean {
  const segments = path.split('/', 9)
  return segments.length <= 8 && segments.every(part => segment.test(part) && !windowsDevice.test(part))
}

/** A path as in `isSafePath`; details.reason is `path`. */
export const safePath: Field<string> = (value, location) => {
  const path = text({ max: 512 })(value, location)
  if (isSafePath(path)) return path
  throw invalid(location, 'path', 'must be a plain path inside the folder', {
    value,
    hint: 'use letters, digits, "_", "-" and "." in names, "/" between folders; no "..", no leading "." or "/"',
  })
}
