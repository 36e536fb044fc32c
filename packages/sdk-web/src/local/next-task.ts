/**
 * A turn for everything else that waits in this thread: clicks, messages, an abort. Promises alone never give one. A message
 * to oneself comes at once, where a timer would be held back for 4 ms.
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
