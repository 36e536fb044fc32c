/** The mathematics of MixFlow and the contract of its samplers. */
export { errorCodes, MixflowError, type MixflowErrorCode, type MixflowErrorOptions } from './errors.ts'
export * from './format/index.ts'
export * from './image/index.ts'
export * from './loading/index.ts'
export * from './method/index.ts'
export * from './sampler/index.ts'
