/** All presets by name. */

import type { Preset } from '../training-config.ts'
import { cifar10Small } from './cifar10-small.ts'
import { emoji } from './emoji.ts'
import { mnist } from './mnist.ts'
import { photos } from './photos.ts'
import { quickstart } from './quickstart.ts'

export const presets = {
  quickstart,
  mnist,
  emoji,
  'cifar10-small': cifar10Small,
  photos,
} as const satisfies Record<string, Preset>

export type PresetName = keyof typeof presets
