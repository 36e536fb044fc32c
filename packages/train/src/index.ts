export { tensorAlgebra } from '@mixflow/zoo/networks'
export { type CudaSetUp, type CudaSetUpOptions, cudaFolder, setUpCuda } from './backend/cuda/set-up-cuda.ts'
export { type MpiSetUp, type MpiSetUpOptions, mpiFolder, setUpMpi } from './backend/mpi/set-up-mpi.ts'
export { tfjsNodeFacts } from './backend/tfjs-node/addon.ts'
export type { TfjsNodeKind } from './backend/tfjs-node/kind.ts'
export { type SetUp, type SetUpOptions, setUpTfjsNode } from './backend/tfjs-node/set-up-tfjs-node.ts'
export {
  setUpTorch,
  type TorchSetUp,
  type TorchSetUpOptions,
  torchFacts,
  torchFolders,
} from './backend/torch/set-up-torch.ts'
export {
  type BackendInUse,
  type BackendName,
  type BackendOptions,
  backendInUse,
  backendNames,
  type DeviceName,
  deviceNames,
  dtypeNames,
  type UsedBackend,
  useBackend,
} from './backend/use-backend.ts'
export {
  type CheckpointContent,
  checkpointsFolder,
  type LoadedCheckpoint,
  latestCheckpoint,
  type NamedTensors,
  readCheckpoint,
  writeCheckpoint,
} from './checkpoint/checkpoint-store.ts'
export { fitToImages, givenBy, type ImageFacts, type IsGiven, scaleToLength } from './config/fit-config.ts'
export {
  type ConfigRequest,
  changeConfig,
  checkConfig,
  type ResolvedConfig,
  resolveConfig,
  settingPaths,
  storedConfig,
} from './config/resolve-config.ts'
export { type BadImage, type BadImageOptions, defaultBadImages } from './data/bad-images.ts'
export {
  type BatchCursor,
  type BatchOrderOptions,
  type BatchSelection,
  batchOrder,
  firstBatch,
} from './data/batch-order.ts'
export { cacheFolder, dataCacheFolder } from './data/cache-folder.ts'
export { type DataDescription, type DataName, type DataPlace, dataNames, describeData } from './data/catalogue.ts'
export { type DataReport, dataReport, dataReportLines, filesReportLines } from './data/data-report.ts'
export {
  createDataset,
  type Dataset,
  type DatasetParts,
  type FilesReport,
  type ImageBatch,
  type ImageSize,
  type Split,
} from './data/dataset.ts'
export { type DownloadRequest, download } from './data/download.ts'
export type { LeftOut } from './data/list-files.ts'
export { type OpenDataOptions, openData, openHeldOut } from './data/open-data.ts'
export type { DataProgress, OnProgress } from './data/tasks.ts'
export {
  type EvaluatedModel,
  type FlowLosses,
  type FlowLossOptions,
  flowLosses,
  otherClasses,
  type SourceLoss,
} from './flow-metrics/flow-metrics.ts'
export { type CheckpointNetworks, checkpointNetworks, openCheckpoint } from './flow-metrics/open-checkpoint.ts'
export { lengthChange } from './loop/begin-run.ts'
export { type EstimateOptions, estimateRun, type RunEstimate } from './loop/estimate-run.ts'
export type { TrainOptions } from './loop/run.ts'
export {
  checkNewRun,
  freeRunFolder,
  isRun,
  lockRun,
  type MetricsLine,
  type RunRecord,
  readMetrics,
  readRun,
  runFiles,
} from './loop/run-folder.ts'
export { type TrainResult, train } from './loop/train-loop.ts'
export { formatBytes, formatCount, formatDuration, formatLarge, formatNumber } from './progress/format.ts'
export {
  type DisplayStream,
  type ProgressDisplay,
  type ProgressOptions,
  progressDisplay,
} from './progress/progress-display.ts'
export type { OnTrainEvent, RunOutcome, TrainEvent } from './progress/train-event.ts'
export { type Curve, type CurvePoint, type CurvesChartSpec, curvesChart } from './report/curves-chart.ts'
export type { Judgement } from './report/judgement.ts'
export { type NextCommand, nextCommands } from './report/next-commands.ts'
export { encodePng, type GridPngOptions, gridPng } from './report/png.ts'
export { renderReport } from './report/render-report.ts'
export type { MeasuredCurvature, ReportData, ReportFacts, SampleGrid } from './report/report-data.ts'
export { type ReportContent, writeReport } from './report/write-report.ts'
export {
  type AdamConfig,
  type AdamInput,
  type AdamScalars,
  type AdamState,
  adamScalars,
  adamUpdate,
  emaKeep,
  learningRate,
  movingAverage,
} from './step/optimizer.ts'
export { type TensorSampler, tensorSampler } from './step/tensor-sampler.ts'
export { batches, type PlacedBatch, type TrainBatch } from './step/train-batch.ts'
export { initialState, ParameterVector, restoredState, type TrainState } from './step/train-state.ts'
export { type StepMetrics, type StepResult, type TrainStep, trainStep } from './step/train-step.ts'
export {
  type DataFacts,
  dataFacts,
  parameterCounts,
  type TrainingModel,
  trainingModel,
} from './step/training-model.ts'
