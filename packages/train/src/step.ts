/**
 * What trains, without what surrounds it: networks and objective of a configuration, batches, the step, samples. No file system and
 * nothing else of Node, so that a page can train, too; where runs are kept and data come from is the main entry's.
 */

export { registerFilterGradient } from './backend/wasm/filter-gradient.ts'
export { type BatchCursor, type BatchSelection, firstBatch } from './data/batch-order.ts'
export type { Dataset, ImageBatch } from './data/dataset.ts'
export { batches, type PlacedBatch } from './loop/next-batch.ts'
export { ParameterVector } from './model/parameter-vector.ts'
export { type TensorSampler, tensorSampler } from './model/tensor-sampler.ts'
export { initialState } from './model/train-state.ts'
export { type DataFacts, parameterCounts, type TrainingModel, trainingModel } from './model/training-model.ts'
export type { TrainBatch } from './step/train-batch.ts'
export { type StepMetrics, type StepResult, type TrainState, type TrainStep, trainStep } from './step/train-step.ts'
