/**
 * Server-sent events to one client. Whoever reads slowly holds up nobody and fills no memory with what is soon out of date: events
 * that may be left out are, while earlier ones have not been taken.
 */

export interface EventStream<Events> {
  readonly body: ReadableStream<Uint8Array>
  /** Whether all that was sent has been taken. */
  isReady(): boolean
  send<Name extends keyof Events & string>(name: Name, data: Events[Name]): void
  end(): void
}

export function eventStream<Events>(): EventStream<Events> {
  const encoder = new TextEncoder()
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  const body = new ReadableStream<Uint8Array>({
    start(own) {
      controller = own
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
