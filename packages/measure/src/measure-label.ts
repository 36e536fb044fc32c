/**
 * What a number is called. Measures over features depend on the network and on the number of images so much that both are part of
 * the name: FD-ResNet56-5k and FD-ResNet56-50k are two measures. The Fréchet distance over Inception features, with the steps of
 * the FID before them (which `openExtractor` sees to), is the FID; the Inception score is named likewise.
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
