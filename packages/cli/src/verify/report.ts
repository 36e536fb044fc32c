/**
 * What a comparison with reference numbers finds: for each quantity of each case the largest absolute and relative error,
 * the tolerance, and whether it was kept. What a fixture holds and nobody compares is listed, never passed in silence.
 */

export interface Tolerance {
  /** Of each number. */
  readonly absolute?: number
  /** Of the largest number of the quantity. Where both are given, keeping one is enough. */
  readonly relative?: number
}

/** The tolerances that most quantities have. */
export const tolerances = {
  /** Of what networks, sources and solvers give in single precision. */
  output: { absolute: 2e-5, relative: 2e-5 },
  /** Of each tensor's own maximum. */
  gradient: { relative: 1e-4 },
  double: { absolute: 1e-11, relative: 1e-11 },
  exact: { absolute: 0 },
} as const satisfies Record<string, Tolerance>

export interface Quantity {
  readonly subject: string
  readonly quantity: string
  /** Largest |found − expected|; Infinity where sizes differ or a number is not finite. */
  readonly absolute: number
  /** The same over the largest |expected|. */
  readonly relative: number
  readonly tolerance: Tolerance
  readonly ok: boolean
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

export class Report {
  readonly quantities: Quantity[] = []
  readonly notCovered: NotCovered[] = []

  /** @param subject the case, as `loss: rectified_flow` */
  compare(subject: string, quantity: string, comparison: Comparison): void {
    this.quantities.push({ subject, quantity, ...measured(comparison) })
  }

  /** Many comparisons as one quantity: the worst stands for all, by its name. */
  compareAll(subject: string, quantity: string, comparisons: Iterable<Comparison & { readonly name: string }>): void {
    const all = [...comparisons].map(({ name, ...comparison }) => ({ name, ...measured(comparison) }))
    const excess = ({ absolute, relative, tolerance, ok }: Omit<Quantity, 'subject' | 'quantity'>) => {
      const over = Math.min(
        tolerance.absolute ? absolute / tolerance.absolute : Number.POSITIVE_INFINITY,
        tolerance.relative ? relative / tolerance.relative : Number.POSITIVE_INFINITY,
      )
      return ok ? Math.min(1, over) : Math.max(2, over)
    }
    const worst = all.reduce<(typeof all)[0] | undefined>(
      (most, one) => (most === undefined || excess(one) > excess(most) ? one : most),
      undefined,
    )
    if (worst === undefined) return
    const { name, ...numbers } = worst
    const others = all.length === 1 ? '' : ` (worst of ${all.length})`
    this.quantities.push({ subject, quantity: `${quantity} ${name}${others}`, ...numbers })
  }

  skip(subject: string, what: string, why: string): void {
    this.notCovered.push({ subject, what, why })
  }
}

function measured({ found, expected, tolerance }: Comparison): Omit<Quantity, 'subject' | 'quantity'> {
  const [a, b] = [found, expected].map(value => (typeof value === 'number' ? [value] : value)) as [Numbers, Numbers]
  let absolute = a.length === b.length ? 0 : Number.POSITIVE_INFINITY
  let scale = 0
  for (let i = 0; i < b.length; i++) {
    scale = Math.max(scale, Math.abs(Number(b[i])))
    const error = Math.abs(Number(a[i]) - Number(b[i]))
    absolute = Math.max(absolute, Number.isFinite(error) ? error : Number.POSITIVE_INFINITY)
  }
  const relative = absolute === 0 ? 0 : absolute === Number.POSITIVE_INFINITY ? absolute : absolute / scale
  const ok = absolute <= (tolerance.absolute ?? -1) || relative <= (tolerance.relative ?? -1)
  return { absolute, relative, tolerance, ok }
}
