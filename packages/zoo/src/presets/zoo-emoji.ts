/** What the published model `emoji` was trained by: a test compares it with the package. */

import type { Preset } from '../training-config.ts'
import { emoji } from './emoji.ts'

export const zooEmoji = {
  title: 'the published model emoji',
  config: emoji.config,
} as const satisfies Preset
