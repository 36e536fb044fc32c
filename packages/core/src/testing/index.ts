export { type AnalyticModel, type AnalyticModelOptions, analyticModel, analyticSampler } from './analytic-model.ts'
export {
  type ConformanceCase,
  type ConformanceOptions,
  classesOf,
  conformanceSources,
  referenceEncoder,
  samplerConformance,
  sourceConformance,
  sourceName,
  type TestedSource,
} from './conformance.ts'
export { type ExactOde, exactOdes, type GaussianData, gaussianFlow, gaussianVelocity } from './exact-odes.ts'
export { goldenNoise, noiseHash } from './golden-noise.ts'
export { hostileNames, unprintable } from './hostile-names.ts'
