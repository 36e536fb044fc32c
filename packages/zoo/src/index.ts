export { type MethodName, methodNames, withMethod } from './methods.ts'
export { type PresetName, presets } from './presets/index.ts'
export type { NetworkConfig, Preset, SourceConfig, TrainingConfig } from './training-config.ts'
