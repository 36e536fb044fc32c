/** What the list of pretrained models says of each. */
import type { ListedModel, QualityMeasure } from '@mixflow/core'

export interface ZooModel extends ListedModel {
  /** Of the package. */
  readonly version: string
  readonly description?: string
  /** Of all files that the manifest names, and its own. */
  readonly bytes: number
  /** SPDX identifier of the weights' licence. */
  readonly licence: string
  /** As the manifest has it, to five digits: at each solver and number of evaluations. */
  readonly quality: readonly QualityMeasure[]
  /** Name of the same network trained alike as a plain rectified flow; null where it has none, or is one itself. */
  readonly twin: string | null
}
