/**
 * Normal numbers from the counter-based generator, whose numbers per image do not depend on batch, engine or device, compared with the
 * Box–Muller method on `Math.random`, which is not reproducible.
 */

import { normals } from '@mixflow/core'
import type { Comparison } from '../compare.ts'

const [images, elementsPerImage] = [256, 28 * 28]

function boxMuller(out: Float32Array): Float32Array {
  for (let i = 0; i < out.length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - Math.random()))
    const angle = 2 * Math.PI * Math.random()
    out[i] = radius * Math.cos(angle)
    out[i + 1] = radius * Math.sin(angle)
  }
  return out
}

export const random = (): readonly Comparison[] => [
  {
    workload: 'random',
    peer: 'math-random',
    unit: 'normals',
    ours: async () => {
      const out = new Float32Array(images * elementsPerImage)
      let seed = 0
      return async () => ({ amount: normals({ seed: seed++, stream: 'noise', images, elementsPerImage, out }).length })
    },
    theirs: async () => {
      const out = new Float32Array(images * elementsPerImage)
      return async () => ({ amount: boxMuller(out).length })
    },
  },
]
