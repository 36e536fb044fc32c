/** Values as JSON that is safe to show in a terminal. */

import { printable } from '@mixflow/core/internal'

/**
 * Returns the value as JSON, indented by two spaces. Control and bidirectional characters are written as `\uXXXX`, so that a terminal shows
 * them escaped and a parser reads the same value.
 */
export const jsonText = (value: unknown): string => printable(JSON.stringify(value, null, 2))
