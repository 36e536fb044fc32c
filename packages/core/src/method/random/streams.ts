/**
 * What random numbers are drawn for. Each purpose has a number of its own in the generator's key, so that the draws of
 * one are independent of all others under the same seed, and drawing more for one never shifts another.
 *
 * The numbers are part of every published result: rows are added at the end, never renumbered.
 */
export const streams = {
  /** ε of the unconditional source: the noise that sampling starts from. */
  noise: 0,
  /** ε of the κ-conditioned source. */
  encoderNoise: 1,
  /** κ itself, where it is or contains noise. */
  kappaNoise: 2,
  /** t of a training image. */
  time: 3,
  /** w of a training image. */
  mixtureWeight: 4,
  /** Order of the training images within an epoch. */
  order: 5,
  /** Random flips and crops. */
  augmentation: 6,
  /** Dropout masks. */
  dropout: 7,
  /** Label dropped for classifier-free guidance. */
  labelDropout: 8,
  /** Initial weights of a network. */
  initialization: 9,
  /** Random labels, where a request leaves them open. */
  label: 10,
  /** Synthetic data and probe inputs. */
  probe: 11,
} as const satisfies Record<string, number>

export type Stream = keyof typeof streams
