/** What the published model `mnist-label-source` was trained by: as `mnist`, with a source that knows the label (κ = label). */

import type { Preset } from '../training-config.ts'
import { zooMnist } from './zoo-mnist.ts'

export const zooMnistLabelSource = {
  title: 'the published model mnist-label-source',
  config: { ...zooMnist.config, source: { ...zooMnist.config.source, kappa: 'label' } },
} as const satisfies Preset
