/**
 * Parses formulas in common notation, `sin(3x)(1-t) + 0.5 cos(2 pi t) x`, into functions. They define the velocity field and the number of
 * evaluations in a fixture. Multiplication signs may be left out. Numbers, variables, pi and a few functions are supported; nothing is
 * run as code.
 */

import { MixflowError } from '@mixflow/core'

export type Formula = (variables: Readonly<Record<string, number>>) => number

const functions: Readonly<Record<string, (x: number) => number>> = {
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  tanh: Math.tanh,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  abs: Math.abs,
}

/**
 * @param names the allowed variables
 * @throws MixflowError VERIFY_INVALID for a syntax error or an unknown name
 */
export function formula(text: string, names: readonly string[]): Formula {
  const tokens = text.match(/\d+(?:\.\d+)?(?:e[+-]?\d+)?|[a-z]+|[-+*/^()]|\S/gi) ?? []
  let at = 0
  const refuse = (): never => {
    const where = at < tokens.length ? `at "${tokens.slice(at, at + 3).join(' ')}"` : 'at its end'
    throw new MixflowError('VERIFY_INVALID', `cannot parse the formula "${text}" (${where})`, {
      hint: `variables: ${names.join(', ')}; functions: ${Object.keys(functions).join(', ')}; pi, + - * / ^ and brackets`,
      details: { text },
    })
  }
  const take = (token: string): boolean => tokens[at] === token && ++at > 0

  function sum(): Formula {
    let left = product()
    for (;;) {
      const [before, sign] = [left, take('+') ? 1 : take('-') ? -1 : 0]
      if (sign === 0) return left
      const right = product()
      left = values => before(values) + sign * right(values)
    }
  }

  function product(): Formula {
    let left = factor()
    for (;;) {
      const before = left
      if (take('/')) {
        const right = factor()
        left = values => before(values) / right(values)
      } else if (take('*') || /^[\da-z(]/i.test(tokens[at] ?? '')) {
        const right = factor()
        left = values => before(values) * right(values)
      } else return left
    }
  }

  function factor(): Formula {
    if (take('-')) {
      const negated = factor()
      return values => -negated(values)
    }
    const base = atom()
    if (!take('^')) return base
    const exponent = factor()
    return values => base(values) ** exponent(values)
  }

  function atom(): Formula {
    const token = tokens[at] ?? refuse()
    if (/^\d/.test(token)) {
      at++
      return () => Number(token)
    }
    if (token === 'pi' || names.includes(token)) {
      at++
      return token === 'pi' ? () => Math.PI : values => values[token] as number
    }
    const apply = Object.hasOwn(functions, token) ? functions[token] : undefined
    if (apply !== undefined) at++
    if (!take('(')) refuse()
    const inner = sum()
    if (!take(')')) refuse()
    return apply === undefined ? inner : values => apply(inner(values))
  }

  const whole = sum()
  return at === tokens.length ? whole : refuse()
}
