/**
 * `@mixflow/train/step`: networks and objective of a configuration, batches, the training step and samples. Imports nothing of
 * Node, so that a web page can train. Data sets, the loop, checkpoints and the report are in the main entry.
 */

export { registerFilterGradient } from '../backend/wasm/filter-gradient.ts'
export { type BatchCursor, type BatchSelection, firstBatch } from '../data/batch-order.ts'
export type { Dataset, ImageBatch } from '../data/dataset.ts'
export { type TensorSampler, tensorSampler } from './tensor-sampler.ts'
export { batches, type PlacedBatch, type TrainBatch } from './train-batch.ts'
export { initialState, ParameterVector, type TrainState } from './train-state.ts'
export { type StepMetrics, type StepResult, type TrainStep, trainStep } from './train-step.ts'
export { type DataFacts, parameterCounts, type TrainingModel, trainingModel } from './training-model.ts'
