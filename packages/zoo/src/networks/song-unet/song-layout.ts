/**
 * Which blocks a SongUNet has, in the order in which an image goes through them, as data: down the levels, each result
 * kept as a skip; two blocks at the coarsest; up again, each block but the enlarging one joined with the skip that was kept
 * last.
 */

import type { SongUnetOptions } from './song-unet-options.ts'

export interface SongStage {
  /** The prefix of its parameters. */
  readonly name: string
  /** Channels in, the joined skip included, and out. */
  readonly from: number
  readonly to: number
  /** Edge of its result in pixels. */
  readonly edge: number
  readonly resample: 'none' | 'down' | 'up'
  readonly attention: boolean
  /** Whether the result is kept, or what was kept last is joined to the input. */
  readonly skip: 'none' | 'push' | 'pop'
}

type Layout = Pick<SongUnetOptions, 'modelChannels' | 'multipliers' | 'blocks' | 'attentionResolutions'>

/** @param edge of the image, in pixels */
export function songLayout({ modelChannels, multipliers, blocks, attentionResolutions }: Layout, edge: number) {
  const stages: SongStage[] = []
  const levels = multipliers.map((factor, level) => {
    const own = edge >> level
    return { edge: own, to: factor * modelChannels, attention: attentionResolutions.includes(own) }
  })
  // the first skip is the entry convolution's
  const skips = [modelChannels]
  let width = modelChannels

  const add = (kind: string, at: { edge: number; to?: number }, rest: Partial<SongStage>) => {
    const { skip = 'none', resample = 'none', attention = false } = rest
    const { to = width } = at
    const from = width + (skip === 'pop' ? (skips.pop() as number) : 0)
    const name = `${skip === 'push' ? 'enc' : 'dec'}.${at.edge}x${at.edge}_${kind}`
    stages.push({ name, from, to, edge: at.edge, resample, attention, skip })
    if (skip === 'push') skips.push(to)
    width = to
  }

  for (const [level, { attention, ...at }] of levels.entries()) {
    if (level > 0) add('down', { edge: at.edge }, { resample: 'down', skip: 'push' })
    for (let i = 0; i < blocks; i++) add(`block${i}`, at, { attention, skip: 'push' })
  }
  for (const [level, { attention, ...at }] of [...levels.entries()].reverse()) {
    if (level === levels.length - 1) {
      add('in0', { edge: at.edge }, { attention: true })
      add('in1', { edge: at.edge }, {})
    } else add('up', { edge: at.edge }, { resample: 'up' })
    for (let i = 0; i <= blocks; i++) add(`block${i}`, at, { attention: attention && i === blocks, skip: 'pop' })
  }
  return { stages: stages as readonly SongStage[], width }
}
