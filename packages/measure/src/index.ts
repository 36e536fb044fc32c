export {
  checkSize,
  type Extracted,
  type Extractor,
  type ExtractorDescription,
  openExtractor,
} from './extractor.ts'
export {
  type ExtractorFile,
  extractorFileName,
  parseExtractorFile,
  readExtractor,
  type StoredExtractor,
} from './extractor-file.ts'
export {
  type FeatureStatistics,
  type Gaussian,
  gaussianOf,
  mergeStatistics,
  statisticsOf,
} from './feature-statistics.ts'
export { extractorNames, findExtractor } from './find-extractor.ts'
export { type FrechetDistance, frechetDistance } from './frechet-distance.ts'
export { type InceptionScore, type InceptionScoreOptions, inceptionScore } from './inception-score.ts'
export { type Neighbours, nearestNeighbours, type Rows } from './nearest-neighbours.ts'
export { type PrecisionRecall, precisionRecall } from './precision-recall.ts'
export {
  type Reference,
  type ReferenceImages,
  type ReferenceOptions,
  referenceOf,
  shippedReference,
} from './reference.ts'
export { type ImageSize, type Resize, resized, resizes } from './resize.ts'
export {
  readStatistics,
  type StatisticsKey,
  type StoredStatistics,
  statisticsName,
  writeStatistics,
} from './statistics-file.ts'
