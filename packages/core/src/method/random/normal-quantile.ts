/**
 * The inverse of the standard normal distribution function, the same to the last bit on every machine.
 *
 * Wichura's rational approximations (algorithm AS 241, PPND16, Applied Statistics 37, 1988; about 16 digits) with a
 * logarithm of our own. Only + − × ÷ √ are used, which IEEE 754 and ECMAScript define exactly; `Math.log`, `Math.cos`
 * and `Math.exp` are left out on purpose, since their last bits differ between engines.
 *
 * AS 241's third range, beyond 6.6 standard deviations, is left out: no 32-bit uniform reaches it.
 */

/**
 * z with Φ(z) = p, in double precision.
 *
 * @param p a probability at least 2⁻³³ away from 0 and from 1. Not checked: this is the innermost loop of the noise.
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5
  if (q <= 0.425 && q >= -0.425) return q * central(0.180625 - q * q)
  const tail = Math.sqrt(-log(q < 0 ? p : 1 - p))
  return q < 0 ? -outer(tail - 1.6) : outer(tail - 1.6)
}

/** z/q where |q| ≤ 0.425, with r = 0.180625 − q². */
function central(r: number): number {
  let numerator = 2509.0809287301227
  numerator = numerator * r + 33430.57558358813
  numerator = numerator * r + 67265.7709270087
  numerator = numerator * r + 45921.95393154987
  numerator = numerator * r + 13731.69376550946
  numerator = numerator * r + 1971.5909503065513
  numerator = numerator * r + 133.14166789178438
  numerator = numerator * r + 3.3871328727963665
  let denominator = 5226.495278852854
  denominator = denominator * r + 28729.085735721943
  denominator = denominator * r + 39307.89580009271
  denominator = denominator * r + 21213.794301586597
  denominator = denominator * r + 5394.196021424751
  denominator = denominator * r + 687.1870074920579
  denominator = denominator * r + 42.31333070160091
  denominator = denominator * r + 1
  return numerator / denominator
}

/** |z| in the tails, with r = √(−log p) − 1.6. */
function outer(r: number): number {
  let numerator = 0.0007745450142783414
  numerator = numerator * r + 0.022723844989269184
  numerator = numerator * r + 0.2417807251774506
  numerator = numerator * r + 1.2704582524523684
  numerator = numerator * r + 3.6478483247632045
  numerator = numerator * r + 5.769497221460691
  numerator = numerator * r + 4.630337846156546
  numerator = numerator * r + 1.4234371107496835
  let denominator = 1.0507500716444169e-9
  denominator = denominator * r + 0.0005475938084995345
  denominator = denominator * r + 0.015198666563616457
  denominator = denominator * r + 0.14810397642748008
  denominator = denominator * r + 0.6897673349851
  denominator = denominator * r + 1.6763848301838038
  denominator = denominator * r + 2.053191626637759
  denominator = denominator * r + 1
  return numerator / denominator
}

/**
 * Natural logarithm of an x in [2⁻³³, 1), absolute error below 1e-15: x = m · 2⁻ᵏ with m in [½, 1), exactly, and
 * log m = −½ log 2 + 2 artanh s with s = (m − √½)/(m + √½), |s| < 0.172, by the power series of artanh.
 */
export function log(x: number): number {
  const k = Math.clz32(x * 4294967296)
  const m = x * powersOfTwo[k]!
  const s = (m - rootOfHalf) / (m + rootOfHalf)
  const z = s * s
  const low = ((((z / 21 + 1 / 19) * z + 1 / 17) * z + 1 / 15) * z + 1 / 13) * z + 1 / 11
  const series = ((((low * z + 1 / 9) * z + 1 / 7) * z + 1 / 5) * z + 1 / 3) * z
  return 2 * (s + s * series) - (k + 0.5) * logOfTwo
}

/** 2⁰ to 2³², by doubling: `**` is not exactly defined. */
const powersOfTwo = new Float64Array(33)
for (let k = 0, power = 1; k < powersOfTwo.length; k++, power *= 2) powersOfTwo[k] = power

// The doubles nearest to √½ and log 2, as exact fractions: the engine's own constants are only approximately specified.
const rootOfHalf = 6369051672525773 / 9007199254740992
const logOfTwo = 6243314768165359 / 9007199254740992
