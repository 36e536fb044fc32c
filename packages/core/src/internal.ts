/**
 * What the other packages of mixflow need of this one besides its public entry: formats, loading and helpers. Unstable: names and
 * behaviour may change in any release.
 */
export { throwIfAborted, untilAborted } from './errors.ts'
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
} from './format/checkpoint.ts'
export { manifestFileName, manifestToJson } from './format/manifest.ts'
export { type ModelFacts, type NetworkPorts, networkPorts, type Port } from './format/network-ports.ts'
export {
  parseSafetensors,
  safetensorsChunks,
  safetensorsHeader,
  safetensorsHeaderBytes,
  safetensorsLayout,
  writeSafetensors,
} from './format/safetensors.ts'
export { sha256Hex } from './format/sha256.ts'
export { type JsonObject, type JsonValue, parseStrictJson, type StrictJsonOptions } from './format/strict-json.ts'
export {
  float32Values,
  type StoredTensor,
  storedTensor,
  type TensorDtype,
  tensorValues,
} from './format/tensor-dtype.ts'
export { crc32 } from './image/crc32.ts'
export { magnify } from './image/magnify.ts'
export { toRaw, toRgba } from './image/pixels.ts'
export { encodePng } from './image/png.ts'
export { type Download, type DownloadOptions, download } from './loading/download.ts'
export { checkListed, findListed, isModelName, unknownModel } from './loading/listed-model.ts'
export type { ModelFolder, ReadOptions } from './loading/model-folder.ts'
export { isModelPackage, packageFolder } from './loading/model-package.ts'
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
} from './loading/network.ts'
export { chooseDenoiser, chooseGraph, type Precision, readGraphs, readManifest } from './loading/read-model.ts'
export { readRemote } from './loading/remote-file.ts'
export { listedFolder, type RemoteSource, remoteFolder, remoteModel } from './loading/remote-folder.ts'
export { hashMismatch, verifyBytes } from './loading/verify-file.ts'
export { optimalAssignment } from './method/flow/assignment.ts'
export { couplingCosts } from './method/flow/coupling.ts'
export { stretchTime } from './method/flow/draws.ts'
export { type LossByTime, lossByTime, type MeanLoss } from './method/flow/loss-by-time.ts'
export { dropoutMask } from './method/random/dropout-mask.ts'
export {
  encoderChannels,
  needsLabels,
  samplesFromEncoder,
  splitEncoderOutput,
} from './method/source/kappa-fc.ts'
export { mixingProblem, mixSources } from './method/source/mixture.ts'
export { labelText, resolveLabel, sameClasses } from './sampler/class-label.ts'
export { type CallEncoder, drawSource, encodeSource } from './sampler/draw-source.ts'
export { imageNumbers } from './sampler/image-input.ts'
export { inferLabel } from './sampler/infer-label.ts'
export { callsPerEvaluation } from './sampler/integrate.ts'
export { LoadedModel } from './sampler/loaded-model.ts'
export { defaultMixtureWeight, elementsOf } from './sampler/model-facts.ts'
export { Queue } from './sampler/queue.ts'
export { type ResolvedRequest, resolveRequest } from './sampler/request.ts'
export { splitImages } from './sampler/result.ts'
export { streamSteps } from './sampler/stream.ts'
export { resolveVariations, variations } from './sampler/variations.ts'
export { checkKeys, checkWord, nearest, show } from './util/strict.ts'
export { markdownCode, markdownTarget, markdownText, printable, printableName, shellWord } from './util/text.ts'
export { type Bytes, type ClampedBytes, concatenate, defined } from './util/values.ts'
