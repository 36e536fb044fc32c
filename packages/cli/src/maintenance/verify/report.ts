/**
 * The result of a comparison with reference numbers: for each quantity of each case the largest absolute and relative error, the tolerance,
 * and whether it is met. Parts of a fixture that are not compared are listed.
 */

import type { Tensor } from '@tensorflow/tfjs-core'

/** Where both are given, meeting one is enough. */
export interface Tolerance {
  /** Of each number. */
  readonly absolute?: number
  /** Of the largest number of the quantity. */
  readonly relative?: number
}

export const tolerances = {
  /** Outputs of networks, sources and solvers in single precision. */
  output: { absolute: 2e-5, relative: 2e-5 },
  /** Relative to the maximum of each tensor. */
  gradient: { relative: 1e-4 },
  double: { absolute: 1e-11, relative: 1e-11 },
  exact: { absolute: 0 },
} as const satisfies Record<string, Tolerance>

interface Measured {
  /** Largest |found − expected|; Infinity where sizes differ or a number is not finite. */
  readonly absolute: number
  /** The same divided by the largest |expected|. */
  readonly relative: number
  readonly tolerance: Tolerance
  readonly ok: boolean
}

export interface Quantity extends Measured {
  /** The case, such as `encoder a`. */
  readonly subject: string
  readonly quantity: string
}

export interface NotCovered {
  readonly subject: string
  readonly what: string
  readonly why: string
}

type Numbers = ArrayLike<number | bigint>

export interface Comparison {
  readonly found: Numbers | number
  readonly expected: Numbers | number
  readonly tolerance: Tolerance
}

/** Compares one quantity of a case; nothing where the fixture has no expected value. */
export type Compare = (
  quantity: string,
  found: Numbers | number | Tensor,
  expected: Numbers | number | null | undefined,
  tolerance?: Tolerance,
) => void

export class Report {
  readonly quantities: Quantity[] = []
  readonly notCovered: NotCovered[] = []

  /** The default tolerance is that of outputs. */
  case(subject: string): Compare {
    return (quantity, found, expected, tolerance = tolerances.output) => {
      if (expected === undefined || expected === null) return
      const values = typeof found === 'object' && 'dataSync' in found ? found.dataSync() : found
      this.quantities.push({ subject, quantity, ...measured({ found: values, expected, tolerance }) })
    }
  }

  /** Reports many comparisons as one quantity, which is named after the worst. */
  worst(subject: string, quantity: string, comparisons: Iterable<Comparison & { readonly name: string }>): void {
    const all = [...comparisons].map(({ name, ...comparison }) => ({ name, ...measured(comparison) }))
    const [worst] = all.toSorted((a, b) => excess(b) - excess(a))
    if (worst === undefined) return
    const { name, ...numbers } = worst
    const others = all.length === 1 ? '' : ` (worst of ${all.length})`
    this.quantities.push({ subject, quantity: `${quantity} ${name}${others}`, ...numbers })
  }

  skip(subject: string, what: string, why: string): void {
    this.notCovered.push({ subject, what, why })
  }
}

function measured({ found, expected, tolerance }: Comparison): Measured {
  const [a, b] = [found, expected].map(value => (typeof value === 'number' ? [value] : value)) as [Numbers, Numbers]
  let absolute = a.length === b.length ? 0 : Number.POSITIVE_INFINITY
  let scale = 0
  for (let i = 0; i < b.length; i++) {
    scale = Math.max(scale, Math.abs(Number(b[i])))
    const error = Math.abs(Number(a[i]) - Number(b[i]))
    absolute = Math.max(absolute, Number.isFinite(error) ? error : Number.POSITIVE_INFINITY)
  }
  const relative = absolute === 0 || absolute === Number.POSITIVE_INFINITY ? absolute : absolute / scale
  const ok = absolute <= (tolerance.absolute ?? -1) || relative <= (tolerance.relative ?? -1)
  return { absolute, relative, tolerance, ok }
}

/** Error over tolerance, at most 1 for what is within and at least 2 for what is not. */
function excess({ absolute, relative, tolerance, ok }: Measured): number {
  const over = Math.min(
    tolerance.absolute ? absolute / tolerance.absolute : Number.POSITIVE_INFINITY,
    tolerance.relative ? relative / tolerance.relative : Number.POSITIVE_INFINITY,
  )
  return ok ? Math.min(1, over) : Math.max(2, over)
}
