/**
 * A safe reader of Python's pickles. A pickle is a program for a small stack machine, and Python's reader lets it call any
 * function. This reader supports numbers, strings and plain containers, and calls of the names in a `PickleWorld`, which are
 * functions of this package. Every other name is refused, so no code of a file ever runs. Plain data that is not needed (a
 * set, a date, an integer beyond float64) becomes `inert`, a value without content.
 *
 * Everything that the machine creates is counted in cells of some 16 bytes: values on the stack, entries of containers,
 * characters, copies made by calls. Their number is limited, which bounds memory and time.
 *
 * Source: CPython's pickletools (protocols 2 to 5). Not supported: the text opcodes of protocols 0 and 1.
 */

import { MixflowError } from '@mixflow/core'
import { PickleReader } from './pickle-reader.ts'
import type { RefusalReason } from './refuse.ts'

export type PickleValue =
  | (string | number | boolean | null)
  | Uint8Array
  | PickleList
  | PickleDict
  | PickleName
  | PickleOpaque
  | PickleInert

/** A list, or a tuple. */
export interface PickleList {
  readonly kind: 'list' | 'tuple'
  readonly items: PickleValue[]
}

export interface PickleDict {
  readonly kind: 'dict'
  readonly entries: Map<PickleValue, PickleValue>
}

/** A name that was not called. */
export interface PickleName {
  readonly kind: 'name'
  readonly name: string
}

/** The result of a call. */
export interface PickleOpaque {
  readonly kind: 'opaque'
  readonly value: object
}

/** Plain data that is not needed; its entries and state are skipped. */
export interface PickleInert {
  readonly kind: 'inert'
}
export const inert: PickleInert = { kind: 'inert' }

/**
 * A function that a pickle may call. Work that grows with the arguments must be counted by `spend` first.
 *
 * @param spend counts cells; throws if the pickle exceeds the limit
 */
export type PickleCall = (args: readonly PickleValue[], spend: (cells: number) => void) => PickleValue

export interface PickleWorld {
  /** The function of a name (`module.name`); null if the name may occur but not be called; undefined if it is refused. */
  functionOf(name: string): PickleCall | null | undefined
  /** Resolves a reference to an object outside the pickle. */
  persistent(id: PickleValue): PickleValue
}

/** Maximum size of the stack, and of the stack of marks; far more than a checkpoint needs. */
const maxStack = 1_000_000
/** Maximum cells: 128 MB, or the views of 60,000 tensors. */
const maxCells = 8_000_000
/** Cells of each kind of value. */
const size = { list: 4, dict: 16, entry: 4, call: 16, remembered: 3, text: 2, charactersOfCell: 16 } as const

export interface PickleOptions {
  /** Named in messages. */
  readonly file: string
  /** Whether other data may follow the pickle. Default: false. */
  readonly allowTrailing?: boolean
}

/**
 * Reads a pickle. Returns its value, and the offset of its end.
 *
 * @throws MixflowError CHECKPOINT_UNSAFE for a name outside the world; CHECKPOINT_INVALID with a `pickle-…` reason
 */
export function unpickle(
  bytes: Uint8Array,
  world: PickleWorld,
  { file, allowTrailing = false }: PickleOptions,
): { readonly value: PickleValue; readonly end: number } {
  const machine = new Machine(bytes, world, file)
  for (;;) {
    const value = machine.step()
    if (value === undefined) continue
    if (!allowTrailing && machine.in.at < bytes.length)
      throw machine.in.refusal('pickle-trailing', 'is followed by other data')
    return { value, end: machine.in.at }
  }
}

class Machine {
  readonly in: PickleReader
  readonly #world: PickleWorld
  readonly #file: string
  readonly #stack: PickleValue[] = []
  readonly #marks: number[] = []
  readonly #memo = new Map<number, PickleValue>()
  #cells = 0

  constructor(bytes: Uint8Array, world: PickleWorld, file: string) {
    this.in = new PickleReader(bytes, file)
    this.#world = world
    this.#file = file
  }

  /** Executes one instruction. Returns the result after the last one. */
  step(): PickleValue | undefined {
    const code = this.in.uint(1)
    if (code === 0x2e) return this.#finish()
    const instruction = instructions[code]
    if (instruction === undefined) {
      const shown = `0x${code.toString(16).padStart(2, '0')}`
      throw this.#refuse('pickle-opcode', `has the opcode ${shown}, which is not supported`)
    }
    instruction(this)
    return undefined
  }

  #finish(): PickleValue {
    const result = this.pop()
    if (this.#stack.length > 0 || this.#marks.length > 0)
      throw this.#refuse('pickle-stack', 'ends with values left over')
    return result
  }

  // ---- stack and memo ------------------------------------------------------------------------------------------------

  readonly spend = (cells: number): void => {
    this.#cells += cells
    if (this.#cells > maxCells) throw this.#refuse('pickle-objects', `creates more than ${maxCells} values`)
  }

  push(value: PickleValue): void {
    this.spend(1)
    if (this.#stack.length >= maxStack)
      throw this.#refuse('pickle-objects', `has more than ${maxStack} values on its stack`)
    this.#stack.push(value)
  }

  pop(): PickleValue {
    // values below the last mark must not be taken
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0))
      throw this.#refuse('pickle-stack', 'takes a value from an empty stack')
    return this.#stack.pop() as PickleValue
  }

  top(): PickleValue {
    const value = this.pop()
    this.#stack.push(value)
    return value
  }

  mark(): void {
    if (this.#marks.length >= maxStack)
      throw this.#refuse('pickle-objects', `has more than ${maxStack} values on its stack`)
    this.#marks.push(this.#stack.length)
  }

  /** Removes the last mark and all values above it. */
  popMark(): PickleValue[] {
    const mark = this.#marks.pop()
    if (mark === undefined) throw this.#refuse('pickle-stack', 'takes a mark that was not set')
    return this.#stack.splice(mark)
  }

  remember(index: number = this.#memo.size): void {
    this.spend(size.remembered)
    this.#memo.set(index, this.top())
  }

  recall(index: number): void {
    const value = this.#memo.get(index)
    if (value === undefined) throw this.#refuse('pickle-memo', `recalls value ${index}, which was not stored`)
    this.push(value)
  }

  // ---- containers and names ------------------------------------------------------------------------------------------

  list(list: PickleList): void {
    this.spend(size.list + list.items.length)
    this.push(list)
  }

  dict(): void {
    this.spend(size.dict)
    this.push({ kind: 'dict', entries: new Map() })
  }

  text(value: string | Uint8Array): void {
    this.spend(size.text + Math.ceil(value.length / size.charactersOfCell))
    this.push(value)
  }

  append(values: readonly PickleValue[]): void {
    const list = this.top()
    if (list === inert) return
    this.spend(values.length)
    if (kindOf(list) !== 'list') throw this.#refuse('pickle-arguments', 'appends to a value that is not a list')
    for (const value of values) (list as PickleList).items.push(value)
  }

  setItems(values: readonly PickleValue[]): void {
    const dict = this.top()
    if (dict === inert) return
    this.spend((size.entry * values.length) / 2)
    if (kindOf(dict) !== 'dict' || values.length % 2 !== 0) {
      throw this.#refuse('pickle-arguments', 'sets an entry of a value that is not a dictionary')
    }
    const { entries } = dict as PickleDict
    for (let i = 0; i < values.length; i += 2) {
      const key = values[i] as PickleValue
      if (kindOf(key) === 'list' || kindOf(key) === 'dict')
        throw this.#refuse('pickle-key', 'has a list or a dictionary as a key')
      if (key === inert) continue
      if (entries.has(key))
        throw this.#refuse('pickle-duplicate', `has the key ${JSON.stringify(key)?.slice(0, 80)} twice`)
      entries.set(key, values[i + 1] as PickleValue)
    }
  }

  /** Adds to a set, whose content is not kept. */
  addItems(): void {
    this.popMark()
    if (this.top() !== inert) throw this.#refuse('pickle-arguments', 'adds to a value that is not a set')
  }

  name(module: PickleValue, name: PickleValue): void {
    const full = `${module}.${name}`
    if (typeof module !== 'string' || typeof name !== 'string' || this.#world.functionOf(full) === undefined) {
      throw this.#unsafe(full)
    }
    this.spend(size.list)
    this.push({ kind: 'name', name: full })
  }

  call(): void {
    const args = this.pop()
    const called = this.pop()
    const name = kindOf(called) === 'name' ? (called as PickleName).name : null
    const call = name === null ? null : this.#world.functionOf(name)
    if (kindOf(args) !== 'tuple' || call === null || call === undefined) {
      throw this.#refuse('pickle-arguments', `calls ${name ?? 'a value that is not a function'}`)
    }
    this.spend(size.call)
    this.push(call((args as PickleList).items, this.spend))
  }

  /** Skips the attributes of a dictionary or of plain data. */
  build(): void {
    this.pop()
    if (!['dict', 'inert', 'opaque'].includes(kindOf(this.top()) ?? '')) {
      throw this.#refuse('pickle-arguments', 'sets the state of a value without attributes')
    }
  }

  persistent(): void {
    this.push(this.#world.persistent(this.pop()))
  }

  protocol(): void {
    const version = this.in.uint(1)
    if (version > 5) throw this.#refuse('pickle-protocol', `has protocol ${version}; up to 5 are supported`)
  }

  // ---- refusals ------------------------------------------------------------------------------------------------------

  #refuse(reason: RefusalReason, message: string): MixflowError {
    return this.in.refusal(reason, message)
  }

  #unsafe(name: string): MixflowError {
    const shown = name.length > 100 ? `${name.slice(0, 99)}…` : name
    return new MixflowError(
      'CHECKPOINT_UNSAFE',
      `${this.#file} refers to ${JSON.stringify(shown)}, which could run code; nothing was run`,
      {
        hint: 'if you trust its origin, load it in Python and save its state_dict as .safetensors: plain tensors and values need no such name',
        details: { reason: 'pickle-name', file: this.#file, name: shown },
      },
    )
  }
}

const kindOf = (value: PickleValue): string | null =>
  typeof value === 'object' && value !== null && !(value instanceof Uint8Array) ? value.kind : null

const tuple = (items: PickleValue[]): PickleList => ({ kind: 'tuple', items })

/** The last `count` values, as a tuple. */
function popTuple(machine: Machine, count: number): void {
  const items: PickleValue[] = []
  for (let i = 0; i < count; i++) items.unshift(machine.pop())
  machine.list(tuple(items))
}

/** Instructions by opcode, with their names in pickletools. */
const instructions: Readonly<Record<number, (machine: Machine) => void>> = {
  128: m => m.protocol(), // PROTO
  149: m => m.in.skip(8), // FRAME
  40: m => m.mark(), // MARK
  48: m => void m.pop(), // POP
  49: m => void m.popMark(), // POP_MARK
  50: m => m.push(m.top()), // DUP

  78: m => m.push(null), // NONE
  136: m => m.push(true), // NEWTRUE
  137: m => m.push(false), // NEWFALSE
  74: m => m.push(m.in.int32()), // BININT
  75: m => m.push(m.in.uint(1)), // BININT1
  77: m => m.push(m.in.uint(2)), // BININT2
  138: m => m.push(m.in.long(m.in.uint(1)) ?? inert), // LONG1
  139: m => m.push(m.in.long(m.in.uint(4)) ?? inert), // LONG4
  71: m => m.push(m.in.float64()), // BINFLOAT
  88: m => m.text(m.in.text(m.in.uint(4))), // BINUNICODE
  140: m => m.text(m.in.text(m.in.uint(1))), // SHORT_BINUNICODE
  141: m => m.text(m.in.text(m.in.uint(8))), // BINUNICODE8
  85: m => m.text(m.in.bytesOrText(m.in.uint(1))), // SHORT_BINSTRING
  84: m => m.text(m.in.bytesOrText(m.in.uint(4))), // BINSTRING
  66: m => m.text(m.in.data(m.in.uint(4))), // BINBYTES
  67: m => m.text(m.in.data(m.in.uint(1))), // SHORT_BINBYTES
  142: m => m.text(m.in.data(m.in.uint(8))), // BINBYTES8
  150: m => m.text(m.in.data(m.in.uint(8))), // BYTEARRAY8

  93: m => m.list({ kind: 'list', items: [] }), // EMPTY_LIST
  97: m => m.append([m.pop()]), // APPEND
  101: m => m.append(m.popMark()), // APPENDS
  41: m => m.list(tuple([])), // EMPTY_TUPLE
  116: m => m.list(tuple(m.popMark())), // TUPLE
  133: m => popTuple(m, 1), // TUPLE1
  134: m => popTuple(m, 2), // TUPLE2
  135: m => popTuple(m, 3), // TUPLE3
  125: m => m.dict(), // EMPTY_DICT
  115: m => {
    const value = m.pop()
    m.setItems([m.pop(), value])
  }, // SETITEM
  117: m => m.setItems(m.popMark()), // SETITEMS

  143: m => m.push(inert), // EMPTY_SET
  144: m => m.addItems(), // ADDITEMS
  145: m => {
    m.popMark()
    m.push(inert)
  }, // FROZENSET

  113: m => m.remember(m.in.uint(1)), // BINPUT
  114: m => m.remember(m.in.uint(4)), // LONG_BINPUT
  148: m => m.remember(), // MEMOIZE
  104: m => m.recall(m.in.uint(1)), // BINGET
  106: m => m.recall(m.in.uint(4)), // LONG_BINGET

  99: m => m.name(m.in.line(), m.in.line()), // GLOBAL
  147: m => {
    const name = m.pop()
    m.name(m.pop(), name)
  }, // STACK_GLOBAL
  82: m => m.call(), // REDUCE
  129: m => m.call(), // NEWOBJ
  146: m => {
    m.pop()
    m.call()
  }, // NEWOBJ_EX
  98: m => m.build(), // BUILD
  81: m => m.persistent(), // BINPERSID
}
