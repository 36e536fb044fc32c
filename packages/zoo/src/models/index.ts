/** The pretrained models that this project publishes, as plain data: what `loadModel('mnist')` finds by name. Imports nothing. */
export { models } from './list.ts'
export type { ZooModel } from './zoo-model.ts'
