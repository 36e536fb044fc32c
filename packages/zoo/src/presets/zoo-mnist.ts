/** What the published model `mnist` was trained by: a test compares it with the package. */

import type { Preset } from '../training-config.ts'
import { mnist } from './mnist.ts'

export const zooMnist = {
  title: 'the published model mnist',
  config: mnist.config,
} as const satisfies Preset
