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
  extractorNames,
  findExtractor,
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
export { type FrechetDistance, frechetDistance, frechetDistanceFrom } from './frechet-distance.ts'
export {
  type InceptionScore,
  type InceptionScoreOptions,
  inceptionScore,
  type ScoreAccumulator,
  scoreAccumulator,
} from './inception-score.ts'
export type { TrajectoryMeasures, TrajectoryOptions } from './measurement/local-worker.ts'
export { type Generator, localWorker } from './measurement/local-worker.ts'
export {
  type MeasureModelOptions,
  type MeasureProgress,
  type ModelMeasures,
  measureModel,
} from './measurement/measure-model.ts'
export type { RangeMeasures } from './measurement/measure-range.ts'
export type {
  ImageRange,
  Part,
  PartOptions,
  PartWorker,
  ResultOf,
  SampleSetting,
  SamplesPart,
  SamplesResult,
  TrajectoriesPart,
  TrajectoriesResult,
} from './measurement/part.ts'
export { planSettings, type SettingsPlan, type SettingsRequest } from './measurement/plan-settings.ts'
export { comparesWithData, type SampleMetric, type SampleOptions, sampleMetrics } from './measurement/sample-options.ts'
export type { Measure, MeasureName, SettingMeasures } from './measurement/setting-measures.ts'
export { countLabel, distanceLabel, featureLabel, scoreLabel } from './measurement/setting-measures.ts'
export { type NearCopies, nearCopies, typicalDistance } from './near-copies.ts'
export {
  type Balls,
  ballsOf,
  type Neighbours,
  nearestNeighbours,
  type PrecisionRecall,
  precisionRecall,
  type Rows,
} from './nearest-neighbours.ts'
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
