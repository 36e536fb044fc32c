/** The manifest of an exported model, `mixflow.json`. */
export { type Manifest, type ManifestFile, type Parity, parseManifest, type QualityMeasure } from './manifest.ts'
