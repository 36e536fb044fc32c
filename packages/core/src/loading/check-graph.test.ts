/**
 * Graphs written field by field, as onnx.proto has them, so that each fault can be put in. That the graphs our exporter writes
 * pass is shown wherever a model is loaded.
 */
import { describe, expect, it } from 'vitest'
import type { ManifestFile } from '../format/manifest.ts'
import { networkPorts } from '../format/network-ports.ts'
import { checkGraph } from './check-graph.ts'

type Part = readonly [number, number | string | readonly Part[]]

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]
}

/** A message of numbered fields: numbers as varints, texts and messages with their length. */
function message(parts: readonly Part[]): number[] {
  return parts.flatMap(([number, content]) => {
    if (typeof content === 'number') return [...varint(number * 8), ...varint(content)]
    const bytes = typeof content === 'string' ? [...new TextEncoder().encode(content)] : message(content)
    return [...varint(number * 8 + 2), ...varint(bytes.length), ...bytes]
  })
}

const port = (name: string, type: number, dims: readonly (number | 'N')[]): readonly Part[] => [
  [1, name],
  [
    2,
    [
      [
        1,
        [
          [1, type],
          [2, dims.map(size => [1, [size === 'N' ? [2, 'batch'] : [1, size]]] as Part)],
        ],
      ],
    ],
  ],
]
const node = (op: string, domain?: string): readonly Part[] => [
  [4, op],
  ...(domain === undefined ? [] : [[7, domain] as Part]),
]
const image = ['N', 1, 6, 300] as const

const parts: readonly Part[] = [
  [1, node('Conv')],
  [1, node('Add', 'ai.onnx')],
  [2, 'graph'],
  [
    5,
    [
      [1, 3],
      [2, 1],
      [8, 'weight'],
      [9, 'raw bytes'],
    ],
  ],
  [11, port('x', 1, image)],
  [11, port('t', 1, ['N'])],
  [12, port('velocity', 1, image)],
]

const check = (graph: readonly Part[] = parts, model: readonly Part[] = []) => {
  const bytes = Uint8Array.from(message([[1, 8], [7, graph], ...model]))
  checkGraph(bytes, { file, ports })
}
const file: ManifestFile = { path: 'denoiser.onnx', bytes: 0, sha256: '', role: 'denoiser', dtype: 'float32' }
const ports = networkPorts({ image: { channels: 1, height: 6, width: 300 }, labels: null, source: null }).denoiser
const without = (number: number) => parts.filter(part => part[0] !== number)

describe('a graph', () => {
  it('of known operators, with the manifest’s inputs and outputs, passes', () => {
    check()
    check([...without(11), ...parts.filter(part => part[0] === 11).reverse()])
    check([...parts, [11, port('weight', 1, [2])]])
  })

  it.each<[string, readonly Part[], RegExp]>([
    ['loops', [...parts, [1, node('Loop')]], /not allowed: Loop$/],
    ['uses other domains', [...parts, [1, node('Add', 'org.example')]], /not allowed: org\.example\.Add/],
    ['draws', [...parts, [1, node('RandomNormal')], [1, node('If')]], /not allowed: If, RandomNormal$/],
    [
      'keeps a weight elsewhere',
      [
        ...parts,
        [
          5,
          [
            [8, 'w'],
            [14, 1],
          ],
        ],
      ],
      /weights in other files/,
    ],
    [
      'names a file',
      [
        ...parts,
        [
          5,
          [
            [
              13,
              [
                [1, 'location'],
                [2, '../secret'],
              ],
            ],
          ],
        ],
      ],
      /weights in other files/,
    ],
    [
      'names a file in an attribute',
      [
        ...parts,
        [
          1,
          [
            [4, 'Constant'],
            [5, [[5, [[14, 1]]]]],
          ],
        ],
      ],
      /weights in other files/,
    ],
    ['has an input more', [...parts, [11, port('label', 6, ['N'])]], /inputs label int32 \[N\]; t float32/],
    [
      'has an input of another type',
      [...without(11), [11, port('x', 10, image)], [11, port('t', 1, ['N'])]],
      /float16/,
    ],
    [
      'has a fixed batch',
      [...without(12), [12, port('velocity', 1, [1, 1, 6, 300])]],
      /\[1, 1, 6, 300\]; the manifest says/,
    ],
    ['has no output', without(12), /outputs none; the manifest says velocity/],
  ])('that %s is refused', (_, graph, why) => {
    expect(() => check(graph)).toThrow(
      expect.objectContaining({ code: 'MODEL_INVALID', message: expect.stringMatching(why) }),
    )
  })

  it('with functions of its own is refused', () => {
    expect(() => check(parts, [[25, [[1, 'f']]]])).toThrow(/functions of its own/)
  })

  it('cut anywhere is refused, and never read beyond its end', () => {
    const whole = message([
      [1, 8],
      [7, parts],
    ])
    for (let length = 0; length < whole.length; length++) {
      const cut = Uint8Array.from(whole.slice(0, length))
      expect(() => checkGraph(cut, { file, ports })).toThrow(expect.objectContaining({ code: 'MODEL_INVALID' }))
    }
    for (const text of ['not onnx', '<!doctype html>', '{}']) {
      expect(() => checkGraph(new TextEncoder().encode(text), { file, ports })).toThrow(/is no ONNX model/)
    }
  })
})
