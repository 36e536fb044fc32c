/**
 * The process in which damaged bytes are read. It writes down which input is next before it reads it, so that whoever watches knows what
 * ended or held it.
 */

import { openSync, writeSync } from 'node:fs'
import { MixflowError } from '@mixflow/core'
import { mutated, random } from './mutate.ts'
import { type Target, targets } from './targets.ts'

export interface Task {
  readonly seed: number
  readonly mutations: number
  /** Of the inputs of all targets, one after another: the first and, for one alone, the last. */
  readonly from: number
  readonly to: number
  /** Where the number of the input at hand is written. */
  readonly position: string
}

export interface Failure {
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

/** Of the processor's time, for one input; a thousand times what most take. */
const mostMilliseconds = 3000
/** By which one input may raise the most memory that the process ever had. */
const mostMegabytes = 400

/** How many inputs each target has, of so many. */
export function planned(
  all: readonly Target[],
  mutations: number,
): { readonly target: Target; readonly inputs: number }[] {
  const shares = all.reduce((sum, { share }) => sum + share, 0)
  return all.map(target => ({ target, inputs: Math.ceil((mutations * target.share) / shares) }))
}

const processorMilliseconds = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
const peakMegabytes = () => process.resourceUsage().maxRSS / 1024

async function work({ seed, mutations, from, to, position }: Task, tell: (news: News) => void): Promise<void> {
  const file = openSync(position, 'w')
  const write = (at: number) => writeSync(file, String(at).padStart(12), 0)
  let at = 0
  for (const { target, inputs } of planned(await targets(), mutations)) {
    const counts = { inputs: 0, values: 0, refused: 0, slowestMilliseconds: 0, mostMegabytes: 0 }
    for (let index = 0; index < inputs; index++, at++) {
      if (at < from || at >= to) continue
      write(at)
      const bytes = inputOf(target, seed, index)
      const before = { time: processorMilliseconds(), memory: peakMegabytes() }
      const fail = (what: string) => tell({ failure: { target: target.name, index, what } })
      try {
        await target.read(bytes)
        counts.values++
      } catch (error) {
        if (MixflowError.is(error) || (target.foreignErrors === true && isPlain(error))) counts.refused++
        else fail(error instanceof Error ? (error.stack ?? error.message) : String(error))
      }
      counts.inputs++
      const [time, memory] = [processorMilliseconds() - before.time, peakMegabytes() - before.memory]
      if (time > mostMilliseconds) fail(`took ${Math.round(time)} ms of the processor`)
      if (memory > mostMegabytes) fail(`took ${Math.round(memory)} MB more than any before`)
      counts.slowestMilliseconds = Math.max(counts.slowestMilliseconds, time)
      counts.mostMegabytes = Math.max(counts.mostMegabytes, memory)
    }
    if (counts.inputs > 0) tell({ counted: { target: target.name, ...counts } })
  }
  tell({ done: true })
}

/** Every second input is a Buffer at an odd place of its memory, as Node's small reads are. */
export function inputOf(target: Target, seed: number, index: number): Uint8Array {
  const bytes = mutated(target, random(`${seed} ${target.name} ${index}`))
  return index % 2 === 0 ? bytes : oddBuffer(bytes)
}

export function oddBuffer(bytes: Uint8Array): Buffer {
  const memory = Buffer.alloc(bytes.length + 8, 0x7b)
  memory.set(bytes, 3)
  return memory.subarray(3, 3 + bytes.length)
}

/** What sharp throws: an Error by itself, and no mistake of the language. */
const isPlain = (error: unknown): boolean => error instanceof Error && Object.getPrototypeOf(error) === Error.prototype

if (process.send !== undefined && process.argv[2] !== undefined) {
  await work(JSON.parse(process.argv[2]) as Task, news => void process.send?.(news))
  process.disconnect()
}
