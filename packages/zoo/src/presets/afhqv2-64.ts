/** The paper's AFHQv2 model at 64×64: that of FFHQ with more dropout, as the set is smaller. */

import type { Preset } from '../training-config.ts'
import { ffhq64 } from './ffhq-64.ts'

export const afhqv264 = {
  title: 'AFHQv2 64×64 as in the paper, from a folder or zip: give --data; days on a GPU',
  config: {
    ...ffhq64.config,
    denoiser: { kind: 'song-unet', options: { ...ffhq64.config.denoiser.options, dropout: 0.25 } },
  },
} as const satisfies Preset
