export type { DamagedCheckpoint, WeightsKind } from './checkpoint/open-checkpoint.ts'
export type { SamplingDefaults } from './describe/sampling.ts'
export { type ExportResult, exportModel } from './export-model.ts'
export type { CardImage, CardOptions, ExportOptions, ExportProgress } from './export-options.ts'
export {
  type ForeignCheckpoint,
  type ForeignTensor,
  openForeign,
  openForeignFile,
  readForeign,
} from './import/foreign-checkpoint.ts'
export { type ImportOptions, type ImportResult, importCheckpoint } from './import/import-checkpoint.ts'
export type { RefusalReason } from './import/refuse.ts'
export { defaultLimits, type ParityLimits } from './parity/check-parity.ts'
