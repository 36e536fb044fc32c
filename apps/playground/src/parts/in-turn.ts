import type { Labels } from '@mixflow/core'

/** Classes of so many images where all take turns. */
export const inTurn = (labels: Labels, count: number): number[] =>
  Array.from({ length: count }, (_, i) => i % labels.count)
