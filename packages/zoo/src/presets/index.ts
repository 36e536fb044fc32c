/** All presets by name. */

import type { Preset } from '../training-config.ts'
import { afhqv264 } from './afhqv2-64.ts'
import { cifar10 } from './cifar10.ts'
import { cifar10FewStep } from './cifar10-few-step.ts'
import { cifar10Small } from './cifar10-small.ts'
import { emoji } from './emoji.ts'
import { ffhq64 } from './ffhq-64.ts'
import { mnist } from './mnist.ts'
import { mnistFewStep } from './mnist-few-step.ts'
import { photos } from './photos.ts'
import { quickstart } from './quickstart.ts'
import { zooCifar10Small } from './zoo-cifar10-small.ts'
import { zooEmoji } from './zoo-emoji.ts'
import { zooMnist } from './zoo-mnist.ts'
import { zooMnistLabelSource } from './zoo-mnist-label-source.ts'

export const presets = {
  quickstart,
  mnist,
  emoji,
  'cifar10-small': cifar10Small,
  photos,
  'cifar10-few-step': cifar10FewStep,
  'mnist-few-step': mnistFewStep,
  'zoo/mnist': zooMnist,
  'zoo/mnist-label-source': zooMnistLabelSource,
  'zoo/emoji': zooEmoji,
  'zoo/cifar10-small': zooCifar10Small,
  cifar10,
  'ffhq-64': ffhq64,
  'afhqv2-64': afhqv264,
} as const satisfies Record<string, Preset>

export type PresetName = keyof typeof presets
