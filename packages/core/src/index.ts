export { type Algebra, float32Algebra } from './algebra.ts'
export type { Bytes, ClampedBytes } from './bytes.ts'
export { concatenate } from './concatenate.ts'
export { defined } from './defined.ts'
export {
  errorCodes,
  MixflowError,
  type MixflowErrorCode,
  type MixflowErrorOptions,
  throwIfAborted,
  untilAborted,
} from './errors.ts'
export { type Assignment, optimalAssignment } from './flow/assignment.ts'
export { type Coupling, couplingCosts, couplings, optimalCoupling, reorder } from './flow/coupling.ts'
export { type Curvature, type CurvatureOptions, curvature } from './flow/curvature.ts'
export { type DrawRange, type Draws, drawMixtureWeights, mapDraws, stretchTime } from './flow/draws.ts'
export {
  type LossByTime,
  type LossByTimeOptions,
  lossByTime,
  type MeanLoss,
  type TimeBin,
} from './flow/loss-by-time.ts'
export {
  type Condition,
  type Denoiser,
  type Objective,
  type ObjectiveInput,
  type ObjectiveResult,
  type ObjectiveSpec,
  objective,
} from './flow/objective.ts'
export { type Path, type PathPoint, straightPath } from './flow/path.ts'
export {
  type Checkpoint,
  type CheckpointFile,
  type CheckpointRole,
  type CheckpointTensors,
  checkpointFileName,
  checkpointToJson,
  type NetworkDescription,
  parseCheckpoint,
  readCheckpointTensors,
  sampledLabels,
  verifyCheckpointFiles,
} from './format/checkpoint.ts'
export { type ClassLabel, labelText, resolveLabel, sameClasses } from './format/class-label.ts'
export { crc32 } from './format/crc32.ts'
export { decodeBfloat16, decodeFloat16, encodeBfloat16, encodeFloat16 } from './format/float16.ts'
export {
  type Manifest,
  type ManifestFile,
  manifestFileName,
  manifestToJson,
  type Parity,
  parseManifest,
  type QualityMeasure,
} from './format/manifest.ts'
export type { ImageShape, Labels, SourceFacts } from './format/model-facts.ts'
export { type ModelFacts, type NetworkPorts, networkPorts, type Port } from './format/network-ports.ts'
export {
  parseSafetensors,
  type Safetensors,
  type SafetensorsHeader,
  type SafetensorsInput,
  type SafetensorsLayout,
  type SafetensorsOptions,
  safetensorsChunks,
  safetensorsHeader,
  safetensorsHeaderBytes,
  safetensorsLayout,
  type TensorPlace,
  writeSafetensors,
} from './format/safetensors.ts'
export { sha256Hex } from './format/sha256.ts'
export { type JsonObject, type JsonValue, parseStrictJson, type StrictJsonOptions } from './format/strict-json.ts'
export {
  float32Values,
  type StoredTensor,
  storedTensor,
  type TensorDtype,
  type TensorValues,
  tensorDtypes,
  tensorValues,
} from './format/tensor-dtype.ts'
export { type GridOptions, imageGrid } from './image/grid.ts'
export { magnify } from './image/magnify.ts'
export {
  type ByteRounding,
  fromBytes,
  type PlanarImage,
  type RawImage,
  type RgbaImage,
  toBytes,
  toRaw,
  toRgba,
} from './image/pixels.ts'
export {
  type ErrorScale,
  float32Space,
  float64Space,
  type LinearSpace,
  type LinearTerm,
} from './linear-space.ts'
export { checkListed, findListed, isModelName, type ListedModel, unknownModel } from './loading/listed-model.ts'
export type { ModelCache, ModelFolder, ReadOptions } from './loading/model-folder.ts'
export { isModelPackage, type ModelPackage, packageFolder } from './loading/model-package.ts'
export {
  chooseDenoiser,
  chooseGraph,
  type LoadOptions,
  type LoadProgress,
  type Precision,
  readGraphs,
  readManifest,
  samplesFromEncoder,
} from './loading/read-model.ts'
export { readRemote } from './loading/remote-file.ts'
export { listedFolder, type RemotePlace, remoteFolder, remoteModel } from './loading/remote-folder.ts'
export { hashMismatch, verifyBytes } from './loading/verify-file.ts'
export { markdownCode, markdownTarget, markdownText } from './markdown.ts'
export { type AdaptiveOptions, type AdaptiveSolution, solveAdaptive } from './ode/adaptive.ts'
export { type Solution, type SolveOptions, type SolverStep, solve, type Velocity } from './ode/solve.ts'
export {
  type AdaptiveSolverName,
  adaptiveSolvers,
  type FixedSolver,
  type FixedSolverName,
  fixedSolvers,
  isAdaptive,
  nfeOf,
  type SolverName,
  solverNames,
  stepsOf,
} from './ode/solver.ts'
export { dopri5, type EmbeddedTableau, euler, heun, midpoint, rk4, type Tableau } from './ode/tableau.ts'
export { type TimeGrid, timeGrid } from './ode/time-grid.ts'
export { printable, printableName } from './printable.ts'
export { dropoutMask } from './random/dropout-mask.ts'
export {
  type DrawShape,
  integers,
  maxSeed,
  normals,
  permutation,
  type RandomKey,
  uniforms,
} from './random/random.ts'
export { type Stream, streams } from './random/streams.ts'
export { type DenoiserInputs, float32Backend, type SampleBackend } from './sampler/backend.ts'
export { drawSource, type EncoderOutputs, type SourceImages } from './sampler/draw-source.ts'
export { inferLabel } from './sampler/infer-label.ts'
export { type InterpolateRequest, interpolate } from './sampler/interpolate.ts'
export { type InvertRequest, invert } from './sampler/invert.ts'
export { LoadedModel, type LoadedModelParts } from './sampler/loaded-model.ts'
export {
  type Arrays,
  arrayBackend,
  encodeWith,
  graphFailed,
  type ModelNetworks,
  type Network,
  once,
  portDims,
  sessionNetwork,
} from './sampler/network.ts'
export { type Picture, pictureNumbers } from './sampler/picture.ts'
export { Queue } from './sampler/queue.ts'
export {
  type ResolvedRequest,
  resolveRequest,
  type SampleRequest,
  type SamplerModel,
  type SolveRequest,
} from './sampler/request.ts'
export {
  type Inversion,
  SampledImage,
  type SampleProgress,
  type SampleResult,
  type SampleTimings,
  type SourceDraw,
  type StreamStep,
  splitImages,
} from './sampler/result.ts'
export { sample } from './sampler/sample.ts'
export type { Capabilities, Sampler, SamplerMethod } from './sampler/sampler.ts'
export { type SourcesRequest, sources } from './sampler/sources.ts'
export { type StreamIterator, streamSteps } from './sampler/stream.ts'
export { hasVariations, resolveVariations, type VariationsRequest, variations } from './sampler/variations.ts'
export { shellWord } from './shell-word.ts'
export { drawGaussian, type StandardNormal, standardNormal } from './source/gaussian.ts'
export {
  type Encoder,
  type GaussianKind,
  gaussianKinds,
  type Kappa,
  type KappaFc,
  type KappaFcOptions,
  kappaFc,
  kappas,
  splitGaussian,
} from './source/kappa-fc.ts'
export { klDivergence } from './source/kl.ts'
export {
  type Mixing,
  type Mixture,
  type MixtureOptions,
  type MixtureWeightRule,
  mixDistributions,
  mixings,
  mixSamples,
  mixture,
} from './source/mixture.ts'
export type { Gaussian, Source, SourceDrawName, SourceDraws, SourceInput, SourceSample } from './source/source.ts'
export { checkKeys, checkWord, nearest, type StrictContext, show } from './strict.ts'
