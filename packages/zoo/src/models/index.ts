/**
 * The pretrained models that this project publishes: the models that `loadModel('mnist')` finds by name. `npx -y pnpm@12 zoo`
 * writes `list.json` from the packages in `models/`; the build copies it into the compiled module (`scripts/inline-list.mjs`).
 */

import type { ListedModel } from '@mixflow/core'
import list from './list.json' with { type: 'json' }

export interface ZooModel extends ListedModel {
  /** Name of the rectified flow trained with the same settings. null: there is none, or this model is one. */
  readonly baseline: string | null
}

export const models: readonly ZooModel[] = list
