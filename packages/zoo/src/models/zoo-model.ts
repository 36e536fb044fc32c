/** What the list of pretrained models says of each. Its manifest has the rest, measured quality included. */
import type { ListedModel } from '@mixflow/core'

export interface ZooModel extends ListedModel {
  /** Of the package. */
  readonly version: string
  readonly description?: string
  /** Of all files that the manifest names, and its own. */
  readonly bytes: number
  /** SPDX identifier of the weights' licence. */
  readonly licence: string
  /** Name of the same network trained alike as a plain rectified flow; null where it has none, or is one itself. */
  readonly twin: string | null
}
