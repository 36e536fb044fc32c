/** What the published model `cifar10-small` was trained by: a test compares it with the package. */

import type { Preset } from '../training-config.ts'
import { cifar10Small } from './cifar10-small.ts'

export const zooCifar10Small = {
  title: 'the published model cifar10-small',
  config: cifar10Small.config,
} as const satisfies Preset
