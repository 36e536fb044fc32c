/**
 * Every spec of tfjs-core that is not run on the onnx backend, with the reason. (Where the
 * reason is that a gradient is expected which is not one, `gradients.test.ts` compares ours with finite differences.) The
 * run fails if one of them does not
 * exist (any more), so the list cannot outlive its reasons.
 */

export interface SkippedSpec {
  /** The spec's full name, without the backend's. */
  readonly spec: string
  readonly reason: string
}

export const skipped: readonly SkippedSpec[] = [
  {
    spec: 'avgPool gradient x=[3,3,1] f=[3,3] s=1 p=explicit',
    reason: 'expects the whole window as divisor, where avgPool itself leaves padding out: not its gradient',
  },
  {
    spec: 'mirrorPad grad',
    reason: 'expects nothing to flow back from the mirrored elements: not the gradient of mirrorPad',
  },
  {
    spec: 'mirrorPad gradient with clones',
    reason: 'expects nothing to flow back from the mirrored elements: not the gradient of mirrorPad',
  },
  {
    spec: 'depthwiseConv2d gradients throws error on dilations > 1',
    reason: 'expects that there is no such gradient; this backend has it',
  },
]
