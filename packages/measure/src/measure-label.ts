/**
 * Names of measures. Measures over features depend on the network and the number of images, so both are part of the name:
 * FD-ResNet56-5k and FD-ResNet56-50k are different measures. With the extractor `Inception`, whose preprocessing
 * `openExtractor` checks, they are FID and IS.
 */
import type { ExtractorDescription } from './extractor.ts'

type Named = Pick<ExtractorDescription, 'name'>

/** 5000 is `5k`, 2500 `2.5k`, 512 `512`. */
export function countLabel(n: number): string {
  return n >= 1000 && n % 100 === 0 ? `${n / 1000}k` : String(n)
}

/** `FD-ResNet56-5k`, `FID-50k`. */
export const distanceLabel = ({ name }: Named, n: number): string =>
  `${name === 'Inception' ? 'FID' : `FD-${name}`}-${countLabel(n)}`

/** `IS-ResNet56-5k`, `IS-50k`. */
export const scoreLabel = ({ name }: Named, n: number): string =>
  `${name === 'Inception' ? 'IS' : `IS-${name}`}-${countLabel(n)}`

/** `precision-ResNet56-5k`. */
export const featureLabel = (measure: string, { name }: Named, n: number): string =>
  `${measure}-${name}-${countLabel(n)}`
