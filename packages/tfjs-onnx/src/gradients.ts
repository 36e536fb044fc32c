/**
 * Gradients of the kernels that tfjs can differentiate, and of some more, in few passes over memory.
 *
 * tfjs-core leaves its own gradients out of the bundle that Node loads (`@tensorflow/tfjs` brings them). Where one is
 * registered already it stays; these fill what is missing, so that `@tensorflow/tfjs-core` alone is enough to train.
 * Complex numbers have none: tfjs accepts only float32 gradients.
 */

import * as tf from '@tensorflow/tfjs-core'
import { elementwiseRules } from './gradients/elementwise.ts'
import { indexingRules } from './gradients/indexing.ts'
import { networkRules } from './gradients/networks.ts'
import { reductionRules } from './gradients/reductions.ts'
import type { Attributes, RuleTable } from './gradients/rule.ts'
import { shapeRules } from './gradients/shapes.ts'

/** By the name of the kernel. */
export const rules: RuleTable = {
  ...elementwiseRules,
  ...reductionRules,
  ...shapeRules,
  ...indexingRules,
  ...networkRules,
}

/** Registers the gradients that nobody has registered before. */
export function registerGradients(): void {
  for (const [kernelName, { inputs, outputs, gradient }] of Object.entries(rules)) {
    if (tf.getGradient(kernelName) !== undefined) continue
    tf.registerGradient({
      kernelName,
      ...(inputs === 'all' ? { saveAllInputs: true } : { inputsToSave: [...(inputs ?? [])] }),
      ...(outputs ? { outputsToSave: [...outputs] } : {}),
      gradFunc: (dy, saved, attributes) => gradient(dy as never, saved, attributes as Attributes),
    })
  }
}
