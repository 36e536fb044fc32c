/** Lines of an answer as text. */

import { printableName } from '@mixflow/core/internal'

/** Returns the lines joined; in each of them line breaks, control and bidirectional characters are escaped. */
export const linesText = (lines: readonly string[]): string => lines.map(printableName).join('\n')
