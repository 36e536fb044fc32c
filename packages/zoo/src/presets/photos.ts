/** A folder of one's own pictures: what `mixflow train --data ./photos` uses. */

import type { Preset } from '../training-config.ts'
import { emoji } from './emoji.ts'

export const photos = {
  title: 'a folder or zip of pictures (sub-folders are classes): give --data',
  config: {
    ...emoji.config,
    data: '',
    size: 32,
    channels: 3,
  },
} as const satisfies Preset
