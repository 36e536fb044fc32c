/**
 * Work goes on when nobody reads what it prints: a closed pipe (`| head`, a log program that ended) or a closed terminal. What is
 * printed from then on is dropped. Output that is lost for another reason, such as a full disk, makes the exit code 1.
 */

type Output = Pick<NodeJS.WriteStream, 'on' | 'write'>

/** How a stream says that its reader is gone: a pipe, a terminal, a socket, and a stream that said so before. */
const gone: readonly (string | undefined)[] = ['EPIPE', 'EIO', 'ENXIO', 'ECONNRESET', 'ERR_STREAM_DESTROYED']

/** Returns the first error that lost output which somebody waits for; undefined while there is none. */
export function outliveOutput(streams: readonly Output[]): () => NodeJS.ErrnoException | undefined {
  let lost: NodeJS.ErrnoException | undefined
  for (const stream of streams) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (!gone.includes(error.code)) lost ??= error
      stream.write = drop // a stream keeps for ever what comes after an error
    })
  }
  return () => lost
}

function drop(...args: readonly unknown[]): true {
  const done = args.at(-1)
  if (typeof done === 'function') process.nextTick(done as () => void)
  return true
}
