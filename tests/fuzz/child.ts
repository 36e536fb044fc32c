/**
 * The process that reads damaged files. Before it reads a file it writes down which one it is, so that the process that watches it knows
 * the input that crashed or blocked it.
 */

import { openSync, writeSync } from 'node:fs'
import { MixflowError } from '@mixflow/core'
import { mutated, random } from './mutate.ts'
import type { Target } from './targets.ts'

export interface Limits {
  /** CPU time for one input. Default: 3000, a thousand times what most take. */
  readonly cpuMilliseconds: number
  /** How far one input may raise the peak memory of the process. Default: 400. */
  readonly megabytes: number
  /** Time after which the process is stopped if it still reads the same input. Default: 60,000. */
  readonly blockedMilliseconds: number
  /** JavaScript heap of the process, which aborts beyond it. Default: 1024. */
  readonly heapMegabytes: number
}

export interface Task {
  readonly seed: number
  readonly mutations: number
  /** URL of the module whose `targets()` are read. */
  readonly module: string
  /** Only targets with these names, with the inputs that they have in a run of all; all if empty. */
  readonly only: readonly string[]
  /** Only this input of each target. */
  readonly index: number | null
  /** Inputs before this one, counted over all targets, are skipped. */
  readonly from: number
  /** File in which the child writes its `Position`. */
  readonly position: string
  readonly limits: Limits
}

/** The input at hand: its number over all targets, and its target and index there. */
export interface Position {
  readonly at: number
  readonly target: string
  readonly index: number
}

/** Seed, target and index make the same bytes again. */
export interface Failure {
  readonly seed: number
  readonly target: string
  readonly index: number
  readonly what: string
}

export interface Counted {
  readonly target: string
  readonly inputs: number
  readonly values: number
  readonly refused: number
  readonly slowestMilliseconds: number
  readonly mostMegabytes: number
}

export type News = { readonly failure: Failure } | { readonly counted: Counted } | { readonly done: true }

/** The number of inputs for each target, by its share of all mutations. */
export function planned(
  all: readonly Target[],
  mutations: number,
): { readonly target: Target; readonly inputs: number }[] {
  const shares = all.reduce((sum, { share }) => sum + share, 0)
  return all.map(target => ({ target, inputs: Math.ceil((mutations * target.share) / shares) }))
}

const cpuMilliseconds = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
const peakMegabytes = () => process.resourceUsage().maxRSS / 1024

async function work(task: Task, report: (news: News) => void): Promise<void> {
  const { seed, mutations, module, only, index: onlyIndex, from, position, limits } = task
  const { targets } = (await import(module)) as { targets(): Promise<readonly Target[]> }
  const file = openSync(position, 'w')
  let at = 0
  const all = planned(await targets(), mutations)
  for (const { target, inputs } of all.filter(each => only.length === 0 || only.includes(each.target.name))) {
    const counts = { inputs: 0, values: 0, refused: 0, slowestMilliseconds: 0, mostMegabytes: 0 }
    for (let index = 0; index < inputs; index++, at++) {
      if (at < from || (onlyIndex !== null && index !== onlyIndex)) continue
      writeSync(file, JSON.stringify({ at, target: target.name, index } satisfies Position).padEnd(200), 0)
      const bytes = inputOf(target, seed, index)
      const before = { time: cpuMilliseconds(), memory: peakMegabytes() }
      const fail = (what: string) => report({ failure: { seed, target: target.name, index, what } })
      try {
        await target.read(bytes)
        counts.values++
      } catch (error) {
        if (MixflowError.is(error) || (target.foreignErrors === true && isPlain(error))) counts.refused++
        else fail(error instanceof Error ? (error.stack ?? error.message) : String(error))
      }
      counts.inputs++
      const [time, memory] = [cpuMilliseconds() - before.time, peakMegabytes() - before.memory]
      if (time > limits.cpuMilliseconds) fail(`took ${Math.round(time)} ms of CPU time`)
      if (memory > (target.megabytes ?? limits.megabytes)) fail(`raised the peak memory by ${Math.round(memory)} MB`)
      counts.slowestMilliseconds = Math.max(counts.slowestMilliseconds, time)
      counts.mostMegabytes = Math.max(counts.mostMegabytes, memory)
    }
    if (counts.inputs > 0) report({ counted: { target: target.name, ...counts } })
  }
  report({ done: true })
}

/** Input `index` of a target. Every second one is a Buffer at an odd offset of its memory, as Node's small reads are. */
export function inputOf(target: Target, seed: number, index: number): Uint8Array {
  const bytes = mutated(target, random(`${seed} ${target.name} ${index}`))
  return index % 2 === 0 ? bytes : oddBuffer(bytes)
}

export function oddBuffer(bytes: Uint8Array): Buffer {
  const memory = Buffer.alloc(bytes.length + 8, 0x7b)
  memory.set(bytes, 3)
  return memory.subarray(3, 3 + bytes.length)
}

/** What sharp throws: an instance of Error itself, not of TypeError or another subclass. */
const isPlain = (error: unknown): boolean => error instanceof Error && Object.getPrototypeOf(error) === Error.prototype

if (process.send !== undefined && process.argv[2] !== undefined) {
  await work(JSON.parse(process.argv[2]) as Task, news => void process.send?.(news))
  process.disconnect()
}
