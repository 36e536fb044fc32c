/**
 * Python's pickle as data. A pickle is a program for a small stack machine, and Python's reader lets it call anything;
 * this one knows numbers, texts and plain containers, and a `world` of a few names whose calls are functions of ours. Every
 * other name is refused, so nothing that a file asks for is ever run. The machine makes at most one value per instruction
 * and never walks what it made, so a file can neither explode nor loop.
 *
 * After the comments of CPython's pickletools (protocols 0 to 5). Left out: texts of protocol 0, objects by class, sets.
 */

import { MixflowError } from '@mixflow/core'
import { PickleReader } from './pickle-reader.ts'
import type { RefusalReason } from './refuse.ts'

export type PickleKey = string | number | boolean | null

export type PickleValue = PickleKey | Uint8Array | PickleList | PickleDict | PickleName | PickleOpaque

/** A list, or a tuple. */
export interface PickleList {
  readonly kind: 'list' | 'tuple'
  readonly items: PickleValue[]
}

export interface PickleDict {
  readonly kind: 'dict'
  readonly entries: Map<PickleKey, PickleValue>
}

/** A name of the world that was not called. */
export interface PickleName {
  readonly kind: 'name'
  readonly name: string
}

/** What a call of the world gave. */
export interface PickleOpaque {
  readonly kind: 'opaque'
  readonly value: object
}

export interface PickleWorld {
  /** Names (`module.name`) that may occur, and what calling them means; null: they are not called. */
  readonly names: ReadonlyMap<string, ((args: readonly PickleValue[]) => PickleValue) | null>
  /** What a reference to something outside of the pickle means. */
  persistent(id: PickleValue): PickleValue
}

/** Values on the stack or remembered, and containers: far more than a checkpoint has. */
const most = 1_000_000

/**
 * @param file named in messages
 * @throws MixflowError CHECKPOINT_UNSAFE for a name that is not in the world; CHECKPOINT_INVALID with a `pickle-…` reason
 */
export function unpickle(bytes: Uint8Array, world: PickleWorld, file: string): PickleValue {
  const machine = new Machine(bytes, world, file)
  for (;;) {
    const done = machine.step()
    if (done !== undefined) return done
  }
}

class Machine {
  readonly in: PickleReader
  readonly #world: PickleWorld
  readonly #file: string
  readonly #stack: PickleValue[] = []
  readonly #marks: number[] = []
  readonly #memo = new Map<number, PickleValue>()
  #made = 0

  constructor(bytes: Uint8Array, world: PickleWorld, file: string) {
    this.in = new PickleReader(bytes, file)
    this.#world = world
    this.#file = file
  }

  /** One instruction. The result, at the last. */
  step(): PickleValue | undefined {
    const code = this.in.uint(1)
    if (code === 0x2e) return this.#finish()
    const instruction = instructions[code]
    if (instruction === undefined) {
      const shown = `0x${code.toString(16).padStart(2, '0')}`
      throw this.#refuse('pickle-opcode', `has the instruction ${shown}, which plain data do not need`)
    }
    instruction(this)
    return undefined
  }

  #finish(): PickleValue {
    const result = this.pop()
    if (this.#stack.length > 0 || this.#marks.length > 0)
      throw this.#refuse('pickle-stack', 'ends with values left over')
    if (!this.in.isAtEnd) throw this.#refuse('pickle-trailing', 'goes on after its end')
    return result
  }

  // ---- stack and memo ------------------------------------------------------------------------------------------------

  push(value: PickleValue): void {
    if (this.#stack.length >= most) throw this.#refuse('pickle-objects', `has more than ${most} values at once`)
    this.#stack.push(value)
  }

  pop(): PickleValue {
    // what lies below a mark belongs to whoever set it
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0))
      throw this.#refuse('pickle-stack', 'takes a value that is not there')
    return this.#stack.pop() as PickleValue
  }

  top(): PickleValue {
    const value = this.pop()
    this.#stack.push(value)
    return value
  }

  mark(): void {
    if (this.#marks.length >= most) throw this.#refuse('pickle-objects', `has more than ${most} values at once`)
    this.#marks.push(this.#stack.length)
  }

  /** What was pushed since the last mark. */
  popMark(): PickleValue[] {
    const mark = this.#marks.pop()
    if (mark === undefined) throw this.#refuse('pickle-stack', 'takes a mark that is not there')
    return this.#stack.splice(mark)
  }

  remember(index: number = this.#memo.size): void {
    if (this.#memo.size >= most) throw this.#refuse('pickle-objects', `remembers more than ${most} values`)
    this.#memo.set(index, this.top())
  }

  recall(index: number): void {
    const value = this.#memo.get(index)
    if (value === undefined) throw this.#refuse('pickle-memo', `recalls value ${index}, which it never made`)
    this.push(value)
  }

  // ---- containers and names ------------------------------------------------------------------------------------------

  make<C extends PickleList | PickleDict>(container: C): void {
    if (++this.#made > most) throw this.#refuse('pickle-objects', `has more than ${most} containers`)
    this.push(container)
  }

  append(values: readonly PickleValue[]): void {
    const list = this.top()
    if (kindOf(list) !== 'list') throw this.#refuse('pickle-arguments', 'appends to what is no list')
    for (const value of values) (list as PickleList).items.push(value)
  }

  setItems(values: readonly PickleValue[]): void {
    const dict = this.top()
    if (kindOf(dict) !== 'dict' || values.length % 2 !== 0) {
      throw this.#refuse('pickle-arguments', 'sets an entry of what is no dictionary')
    }
    const { entries } = dict as PickleDict
    for (let i = 0; i < values.length; i += 2) {
      const key = values[i] as PickleValue
      if (typeof key === 'object' && key !== null)
        throw this.#refuse('pickle-key', 'has a key that is no text or number')
      if (entries.has(key))
        throw this.#refuse('pickle-duplicate', `has the key ${JSON.stringify(key)?.slice(0, 80)} twice`)
      entries.set(key, values[i + 1] as PickleValue)
    }
  }

  name(module: PickleValue, name: PickleValue): void {
    const full = `${module}.${name}`
    if (typeof module !== 'string' || typeof name !== 'string' || !this.#world.names.has(full)) throw this.#unsafe(full)
    this.push({ kind: 'name', name: full })
  }

  call(): void {
    const args = this.pop()
    const called = this.pop()
    const name = kindOf(called) === 'name' ? (called as PickleName).name : null
    const meaning = name === null ? null : this.#world.names.get(name)
    if (kindOf(args) !== 'tuple' || meaning === null || meaning === undefined) {
      throw this.#refuse('pickle-arguments', `calls ${name ?? 'what is no function'}`)
    }
    if (++this.#made > most) throw this.#refuse('pickle-objects', `has more than ${most} containers`)
    this.push(meaning((args as PickleList).items))
  }

  /** Attributes of an ordered dictionary, which hold nothing that is needed. */
  build(): void {
    const state = this.pop()
    if (kindOf(state) !== 'dict' || kindOf(this.top()) !== 'dict') {
      throw this.#refuse('pickle-arguments', 'sets the state of what is no dictionary')
    }
  }

  persistent(): void {
    this.push(this.#world.persistent(this.pop()))
  }

  protocol(): void {
    const version = this.in.uint(1)
    if (version > 5) throw this.#refuse('pickle-protocol', `is of protocol ${version}; up to 5 are read`)
  }

  // ---- refusals ------------------------------------------------------------------------------------------------------

  #refuse(reason: RefusalReason, message: string): MixflowError {
    return this.in.refusal(reason, message)
  }

  #unsafe(name: string): MixflowError {
    const shown = name.length > 100 ? `${name.slice(0, 99)}…` : name
    return new MixflowError(
      'CHECKPOINT_UNSAFE',
      `${this.#file} asks for ${JSON.stringify(shown)}; nothing of it was run`,
      {
        hint: 'a checkpoint of tensors and plain values needs no such name. If you trust where it comes from, load it in Python and save its state_dict as .safetensors',
        details: { reason: 'pickle-name', file: this.#file, name: shown, known: [...this.#world.names.keys()] },
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
  machine.make(tuple(items))
}

/** By opcode; its name in pickletools beside it. */
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
  138: m => m.push(m.in.long(m.in.uint(1))), // LONG1
  139: m => m.push(m.in.long(m.in.uint(4))), // LONG4
  71: m => m.push(m.in.float64()), // BINFLOAT
  88: m => m.push(m.in.text(m.in.uint(4))), // BINUNICODE
  140: m => m.push(m.in.text(m.in.uint(1))), // SHORT_BINUNICODE
  141: m => m.push(m.in.text(m.in.uint(8))), // BINUNICODE8
  66: m => m.push(m.in.data(m.in.uint(4))), // BINBYTES
  67: m => m.push(m.in.data(m.in.uint(1))), // SHORT_BINBYTES
  142: m => m.push(m.in.data(m.in.uint(8))), // BINBYTES8

  93: m => m.make({ kind: 'list', items: [] }), // EMPTY_LIST
  97: m => m.append([m.pop()]), // APPEND
  101: m => m.append(m.popMark()), // APPENDS
  41: m => m.make(tuple([])), // EMPTY_TUPLE
  116: m => m.make(tuple(m.popMark())), // TUPLE
  133: m => popTuple(m, 1), // TUPLE1
  134: m => popTuple(m, 2), // TUPLE2
  135: m => popTuple(m, 3), // TUPLE3
  125: m => m.make({ kind: 'dict', entries: new Map() }), // EMPTY_DICT
  115: m => {
    const value = m.pop()
    m.setItems([m.pop(), value])
  }, // SETITEM
  117: m => m.setItems(m.popMark()), // SETITEMS

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
  98: m => m.build(), // BUILD
  81: m => m.persistent(), // BINPERSID
}
