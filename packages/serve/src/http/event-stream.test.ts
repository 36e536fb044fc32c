import { expect, it } from 'vitest'
import { eventStream } from './event-stream.ts'

interface Events {
  readonly note: { readonly text: string }
}

it('writes events, and reports whether the reader is behind', async () => {
  const stream = eventStream<Events>()
  const reader = stream.body.getReader()
  const next = async () => new TextDecoder().decode((await reader.read()).value)
  expect(stream.isReady()).toBe(true)
  stream.send('note', { text: 'a\n\nevent: fake' })
  expect(stream.isReady()).toBe(false)
  expect(await next()).toBe('event: note\ndata: {"text":"a\\n\\nevent: fake"}\n\n')
  expect(stream.isReady()).toBe(true)
  stream.send('note', { text: 'last' })
  stream.end()
  expect(await next()).toContain('last')
  expect((await reader.read()).done).toBe(true)
})

it('discards events for a reader that has cancelled', async () => {
  const stream = eventStream<Events>()
  await stream.body.cancel()
  expect(stream.isReady()).toBe(false)
  stream.send('note', { text: 'nobody' })
  stream.end()
  stream.end()
})
