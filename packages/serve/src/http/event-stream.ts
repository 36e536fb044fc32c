/** Server-sent events to one client. Optional events are skipped while a slow client has unread ones (`isReady`). */

export interface EventStream<Events> {
  readonly body: ReadableStream<Uint8Array>
  /** Whether the client has read all events so far. */
  isReady(): boolean
  send<Name extends keyof Events & string>(name: Name, data: Events[Name]): void
  end(): void
}

export function eventStream<Events>(): EventStream<Events> {
  const encoder = new TextEncoder()
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  const body = new ReadableStream<Uint8Array>({
    start(started) {
      controller = started
    },
    cancel() {
      controller = undefined
    },
  })
  return {
    body,
    isReady: () => (controller?.desiredSize ?? 0) > 0,
    // JSON has no line breaks, which would end the event
    send: (name, data) => controller?.enqueue(encoder.encode(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)),
    end() {
      controller?.close()
      controller = undefined
    },
  }
}
