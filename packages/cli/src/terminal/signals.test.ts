import { Writable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { outliveOutput } from './signals.ts'

/** A stream whose writes fail, and the number of writes. */
function failing(code: string) {
  const tried: string[] = []
  const stream = new Writable({
    autoDestroy: false,
    write(chunk, _, done) {
      tried.push(String(chunk))
      done(Object.assign(new Error(`write ${code}`), { code }))
    },
  })
  return { stream: stream as unknown as NodeJS.WriteStream, tried }
}

it.each(['EPIPE', 'EIO', 'ECONNRESET'])('output after %s is dropped without a failure', async code => {
  const { stream, tried } = failing(code)
  const lost = outliveOutput([stream])
  stream.write('a')
  await turn()
  for (let i = 0; i < 100; i++) expect(stream.write('b')).toBe(true)
  await new Promise<void>(resolve => stream.write('c', () => resolve()))
  expect(tried).toEqual(['a'])
  expect(stream.writableLength).toBeLessThan(2)
  expect(lost()).toBeUndefined()
})

it('a full disk is reported and does not end the process', async () => {
  const { stream } = failing('ENOSPC')
  const lost = outliveOutput([stream])
  stream.write('a')
  await turn()
  stream.write('b')
  expect(lost()).toMatchObject({ code: 'ENOSPC' })
})
