/** A server in a child process, with all that it starts itself: up when it answers, gone when it is disposed of. */
import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { setTimeout } from 'node:timers/promises'

export interface Server extends AsyncDisposable {
  readonly port: number
  /** All that it has printed. */
  printed(): string
}

export interface ServerCommand {
  readonly command: string
  /** By the port it shall listen on. */
  readonly args: (port: string) => readonly string[]
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
}

export async function startServer({ command, args, cwd, env }: ServerCommand): Promise<Server> {
  const port = await freePort()
  const own = { PORT: String(port), HOST: '127.0.0.1' }
  const child = spawn(command, args(own.PORT), { cwd, env: { ...env, ...own }, detached: true })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', text => (printed += text))
  let ended = false
  const exited = new Promise<void>(resolve => {
    child.once('close', () => {
      ended = true
      resolve()
    })
  })
  const server: Server = {
    port,
    printed: () => printed,
    async [Symbol.asyncDispose]() {
      // the whole group: npm starts a shell, which starts the server
      if (!ended && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      await exited
    },
  }
  for (let tries = 0; tries < 1800; tries++) {
    if (ended) break
    const answered = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    )
    if (answered) return server
    await setTimeout(100)
  }
  await server[Symbol.asyncDispose]()
  throw new Error(`${command} ${args(own.PORT).join(' ')} does not answer\n${printed}`)
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}
