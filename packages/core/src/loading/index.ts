/** Types of what the SDKs load models from and report while loading. */
export type { ListedModel } from './listed-model.ts'
export type { ModelCache } from './model-folder.ts'
export type { ModelPackage } from './model-package.ts'
export type { LoadProgress } from './read-model.ts'
