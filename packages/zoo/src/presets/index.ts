/** All presets by name. */

import type { Preset } from '../training-config.ts'
import { cifar10FewStep, cifar10Small } from './cifar10.ts'
import { mnist, mnistFewStep, quickstart } from './digits.ts'
import { emoji } from './emoji.ts'
import { afhqv264, cifar10, ffhq64 } from './paper.ts'
import { photos } from './photos.ts'
import { zooCifar10Small, zooEmoji, zooMnist, zooMnistLabelSource } from './published.ts'

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
