export { type Extracted, type Extractor, type ExtractorDescription, openExtractor } from './extractor.ts'
export {
  type FeatureStatistics,
  type Gaussian,
  gaussianOf,
  mergeStatistics,
  statisticsOf,
} from './feature-statistics.ts'
export { type FrechetDistance, frechetDistance } from './frechet-distance.ts'
export { type InceptionScore, type InceptionScoreOptions, inceptionScore } from './inception-score.ts'
export { type Neighbours, nearestNeighbours, type Rows } from './nearest-neighbours.ts'
export { type PrecisionRecall, precisionRecall } from './precision-recall.ts'
