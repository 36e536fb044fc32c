/** A moving average that keeps `decay` of itself per step, as the paper states it, by its half-life in images. */
export const emaHalfLife = ({ decay, batchSize }: { readonly decay: number; readonly batchSize: number }): number =>
  (batchSize * Math.log(0.5)) / Math.log(decay)
