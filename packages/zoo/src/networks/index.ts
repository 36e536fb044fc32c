export { hasKernel, runKernel } from './backend-kernel.ts'
export {
  buildDenoiser,
  buildEncoder,
  type ConfiguredNetworks,
  configuredNetworks,
  denoiserKinds,
  encoderKinds,
  type NetworkChoice,
} from './build.ts'
export { type GroupNormOptions, groupNorm } from './group-norm.ts'
export { type Mlp, type MlpOptions, mlp } from './mlp.ts'
export {
  countParameters,
  type DenoiserCondition,
  type DenoiserNetwork,
  type EncoderCondition,
  type EncoderNetwork,
  type Initial,
  initialValues,
  type ParameterSpec,
  type Parameters,
} from './network.ts'
export { tensorAlgebra } from './tensor-algebra.ts'
export { type NetworkContext, networkContext, type UnetOptions } from './unet-options.ts'
