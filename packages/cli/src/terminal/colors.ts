/** Colours where a person sees them: on a terminal that has some, unless NO_COLOR is set. */

import pc from 'picocolors'

export type Colors = ReturnType<typeof pc.createColors>

export const colorsFor = (stream: { readonly isTTY?: boolean }): Colors =>
  pc.createColors(stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb')
