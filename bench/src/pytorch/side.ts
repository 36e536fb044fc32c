/** One side of a comparison in its own process, which does one round of work per line of JSON. */

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import type { Round, Work } from '../measure.ts'

export interface SideCommand {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: NodeJS.ProcessEnv
}

interface Answer {
  readonly amount: number
  readonly result: readonly number[]
  readonly peakBytes: number
  readonly processorSeconds: number
}

export interface Side {
  readonly work: Work
  stop(): void
}

/** @throws Error with the last output of a program that exits before it is ready */
export async function startSide({ command, args, env = process.env }: SideCommand): Promise<Side> {
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] })
  const output = lastOutput(child)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<Record<string, unknown>> => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`the process exited: ${await output}`)
    return JSON.parse(value) as Record<string, unknown>
  }
  await next()
  const work = async (): Promise<Round> => {
    child.stdin.write('{}\n')
    const { result, ...rest } = (await next()) as unknown as Answer
    return { ...rest, result: () => result }
  }
  return { work, stop: () => void child.kill() }
}

/** The end of a program's standard error, once it has exited. */
function lastOutput(child: ChildProcessByStdio<Writable, Readable, Readable>): Promise<string> {
  let text = ''
  child.stderr.on('data', chunk => {
    text = (text + chunk).slice(-2000)
  })
  return new Promise(resolve => {
    child.on('error', error => resolve(error.message))
    child.on('close', () => resolve(text.trim()))
  })
}
