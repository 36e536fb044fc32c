/** Pickles as PyTorch's files have them: only plain data comes out, whatever they ask for. */

import { describe, expect, test } from 'vitest'
import { eight, good, readAll, refusalOf } from './fixtures/foreign-bytes.ts'
import { checkpointOps, op, tensorOps, torchFile } from './fixtures/torch-file.ts'

describe('a name that is not of tensors and plain containers is refused, by name, wherever it is', () => {
  const call = (module: string, name: string) => [...op.global(module, name), ...op.emptyTuple, ...op.reduce]
  const names = [
    ['os', 'system'],
    ['posix', 'system'],
    ['nt', 'system'],
    ['subprocess', 'Popen'],
    ['builtins', 'eval'],
    ['builtins', 'exec'],
    ['__builtin__', 'getattr'],
    ['builtins', '__import__'],
    ['importlib', 'import_module'],
    ['torch', 'load'],
    ['torch.hub', 'load'],
    ['torch._utils', '_rebuild_module'],
    ['torch.storage', '_load_from_bytes'],
    ['collections', 'OrderedDict.__class__'],
    ['collections', 'namedtuple'],
    ['builtins', 'getattr'],
    ['torch.nn.modules.conv', 'Conv2d'],
    ['numpy', 'load'],
    ['omegaconf', 'os.system'],
    ['torch', 'UntypedStorage'],
    ['', ''],
    ['constructor', 'constructor'],
    ['__proto__', 'toString'],
    ['torch', 'toString'],
  ] as const

  test.each(names)('%s.%s', async (module, name) => {
    const places = {
      'in the state_dict': checkpointOps({ x: call(module, name) }),
      'only named': checkpointOps({ x: op.global(module, name) }),
      'beside it': [...good.slice(0, -1), ...op.text('extra'), ...call(module, name), ...op.setItem, ...op.stop],
      'thrown away': [...good.slice(0, -1), ...call(module, name), ...op.pop, ...op.stop],
      'from the stack': checkpointOps({
        x: [...op.text(module), ...op.text(name), 0x93, ...op.emptyTuple, ...op.reduce],
      }),
    }
    for (const [place, pickle] of Object.entries(places)) {
      const error = await refusalOf(torchFile(pickle))
      expect([place, error.code, error.details.name]).toEqual([place, 'CHECKPOINT_UNSAFE', `${module}.${name}`])
      expect(error.message).toContain('nothing was run')
    }
  })
})

describe('instructions that plain data do not need are refused', () => {
  const codes = {
    INST: 0x69,
    OBJ: 0x6f,
    EXT1: 0x82,
    PERSID: 0x50,
    STRING: 0x53,
    NEXT_BUFFER: 0x97,
    nothing: 0xff,
  }
  test.each(Object.entries(codes))('%s', async (_, code) => {
    const error = await refusalOf(torchFile([...op.start, ...op.emptyDict, code, ...op.stop]))
    expect(error.details.reason).toBe('pickle-opcode')
  })
})

describe('a wrong pickle', () => {
  const dict = [...op.start, ...op.emptyDict]
  test.each<[string, readonly number[], string]>([
    ['empty', [], 'pickle-truncated'],
    ['without an end', good.slice(0, -1), 'pickle-truncated'],
    ['with more after its end', [...good, 0], 'pickle-trailing'],
    ['that leaves values', [...op.start, ...op.none, ...op.emptyDict, ...op.stop], 'pickle-stack'],
    ['that takes what is not there', [...op.start, ...op.append, ...op.stop], 'pickle-stack'],
    [
      'that takes from below a mark',
      [...op.start, ...op.emptyList, ...op.mark, ...op.append, ...op.stop],
      'pickle-stack',
    ],
    ['without a mark', [...op.start, ...op.emptyList, ...op.appends, ...op.stop], 'pickle-stack'],
    ['that recalls what it never made', [...op.start, ...op.get(7), ...op.stop], 'pickle-memo'],
    ['of a later protocol', [0x80, 6, ...op.emptyDict, ...op.stop], 'pickle-protocol'],
    ['with a text of four billion bytes', [...op.start, 0x58, 255, 255, 255, 255, ...op.stop], 'pickle-truncated'],
    ['with a text beyond any file', [...op.start, 0x8d, ...new Array(8).fill(255), ...op.stop], 'pickle-number'],
    ['with half a character', [...op.start, 0x8c, 1, 0xc3, ...op.stop], 'pickle-text'],
    ['with a list as key', [...dict, ...op.emptyList, ...op.none, ...op.setItem, ...op.stop], 'pickle-key'],
    [
      'with a key twice',
      [...dict, ...op.none, ...op.none, ...op.setItem, ...op.none, ...op.no, ...op.setItem, ...op.stop],
      'pickle-duplicate',
    ],
    [
      'that calls a text',
      [...op.start, ...op.text('x'), ...op.emptyTuple, ...op.reduce, ...op.stop],
      'pickle-arguments',
    ],
    [
      'that calls a storage type',
      checkpointOps({ x: [...op.global('torch', 'FloatStorage'), ...op.emptyTuple, ...op.reduce] }),
      'pickle-arguments',
    ],
    [
      'that sets the state of a list',
      checkpointOps({ x: [...op.emptyList, ...op.emptyDict, ...op.build] }),
      'pickle-arguments',
    ],
    ['that refers to no storage', checkpointOps({ x: [...op.text('0'), ...op.persistent] }), 'storage-type'],
    ['without a tensor', checkpointOps({ x: op.none }), 'no-tensors'],
    ['that is a number', [...op.start, ...op.int(5), ...op.stop], 'no-tensors'],
    ['of a million and one lists', [...op.start, ...new Array(1_000_001).fill(0x5d), ...op.stop], 'pickle-objects'],
    ['of a million and one marks', [...op.start, ...new Array(1_000_001).fill(0x28), ...op.stop], 'pickle-objects'],
  ])('%s', async (_, pickle, reason) => {
    expect((await refusalOf(torchFile(pickle))).details.reason).toBe(reason)
  })

  test('that refers to itself ends all the same', async () => {
    const cyclic = [...op.emptyList, ...op.put(1), ...op.get(1), ...op.append]
    await readAll(torchFile(checkpointOps({ x: cyclic, y: tensorOps(eight) })))
  })

  test('whose lists double a hundred times takes no more memory than its bytes', async () => {
    const doubling = Array.from({ length: 100 }, (_, i) => [
      ...[...op.put(i), ...op.pop, ...op.mark, ...op.get(i), ...op.get(i), ...op.tuple],
    ])
    await readAll(torchFile(checkpointOps({ x: [...op.emptyList, ...doubling.flat()], y: tensorOps(eight) })))
  })

  // each takes one long list and asks, a few bytes at a time, for work of its length
  const long = 30_000
  const list = [...op.emptyList, ...op.mark, ...new Array(long).fill(0x4e), ...op.appends, ...op.put(1), ...op.pop]
  const text = [
    0x58,
    ...[long, long >> 8, 0, 0].map(byte => byte & 255),
    ...new Array(long).fill(0x61),
    ...op.put(2),
    ...op.pop,
  ]
  const calling = (module: string, name: string) => [
    ...[...op.global(module, name), ...op.put(3), ...op.pop, ...op.get(1), 0x85, ...op.put(4), ...op.pop],
    ...Array.from({ length: long }, () => [...op.get(3), ...op.get(4), ...op.reduce, ...op.pop]).flat(),
  ]
  test.each<[string, readonly number[]]>([
    ['torch.Size', calling('torch', 'Size')],
    ['an ordered dictionary', calling('collections', 'OrderedDict')],
    ['a counter', calling('collections', 'Counter')],
    ['a parameter', calling('torch._utils', '_rebuild_parameter')],
    ['a sparse tensor', calling('torch._utils', '_rebuild_sparse_tensor')],
    [
      'entries of dictionaries',
      Array.from({ length: long }, () => [
        ...op.emptyDict,
        ...op.get(2),
        ...op.get(1),
        ...op.setItem,
        ...op.pop,
      ]).flat(),
    ],
    ['tuples of the list', Array.from({ length: long }, () => [...op.get(1), 0x85, ...op.pop]).flat()],
    ['states', [...op.emptyDict, ...Array.from({ length: long }, () => [...op.get(1), ...op.build]).flat(), ...op.pop]],
    ['names', Array.from({ length: long }, () => [...op.text('torch'), ...op.text('float32'), 0x93, ...op.pop]).flat()],
  ])(
    'that asks for much work with few bytes ends soon, in little memory: %s',
    async (_, asks) => {
      const good = checkpointOps({ x: tensorOps(eight) }).slice(2, -1)
      const pickle = [...op.start, ...list, ...text, ...asks, ...good, ...op.stop]
      const before = process.memoryUsage()
      const outcome = await readAll(torchFile(pickle)).catch(error => error)
      const after = process.memoryUsage()
      // an hour's work and 7 GB, where each call copies the list
      expect(after.heapTotal + after.arrayBuffers - before.heapTotal - before.arrayBuffers).toBeLessThan(2 ** 29)
      if (outcome instanceof Error) expect(outcome).toMatchObject({ details: { reason: 'pickle-objects' } })
      else expect([...outcome.tensors.keys()]).toEqual(['x'])
    },
    5000,
  )
})
