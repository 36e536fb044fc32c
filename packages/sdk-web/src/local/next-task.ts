/**
 * Resolves in a new task, so that clicks, messages and aborts are handled first; promises alone only queue microtasks. A message
 * channel is used because browsers delay nested timers by 4 ms.
 */
export function nextTask(): Promise<void> {
  return new Promise(resolve => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })
}
