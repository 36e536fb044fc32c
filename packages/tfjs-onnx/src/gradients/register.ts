/**
 * Gradients of the kernels that tfjs can differentiate, and of some more, in few passes over memory.
 *
 * The bundle of tfjs-core for Node has no gradients (`@tensorflow/tfjs` has them), so these make `@tensorflow/tfjs-core` alone sufficient
 * for training. Gradients that are already registered are kept. Complex numbers have none: tfjs accepts only float32 gradients.
 */

import * as tf from '@tensorflow/tfjs-core'
import { elementwiseRules } from './elementwise.ts'
import { indexingRules } from './indexing.ts'
import { networkRules } from './networks.ts'
import { reductionRules } from './reductions.ts'
import type { Attributes, RuleTable } from './rule.ts'
import { shapeRules } from './shapes.ts'

/** By kernel name. */
export const rules: RuleTable = {
  ...elementwiseRules,
  ...reductionRules,
  ...shapeRules,
  ...indexingRules,
  ...networkRules,
}

/** Registers the gradients that are not registered yet. */
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
