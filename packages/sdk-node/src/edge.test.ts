import { errorCodes } from '@mixflow/core'
import { describe, expect, it } from 'vitest'
import * as edge from './edge.ts'
import * as index from './index.ts'

describe('on an edge runtime', () => {
  it('the package has the same names', () => {
    expect(Object.keys(edge).sort()).toEqual(Object.keys(index).sort())
  })

  it.each(['loadModel', 'deviceProblem', 'encodePng', 'defaultCacheDir'] as const)(
    '%s throws with a hint',
    async name => {
      const error = await Promise.resolve()
        .then(edge[name])
        .catch(error => error)
      expect(error).toMatchObject({ code: 'RUNTIME_UNSUPPORTED', hint: expect.stringContaining("runtime = 'nodejs'") })
      expect(error.message).toContain(`${name} needs Node`)
      expect(errorCodes).toHaveProperty(error.code)
    },
  )
})
