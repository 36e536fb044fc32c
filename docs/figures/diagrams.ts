/** The packages with their dependencies, as their manifests have them, and the way of data through them. */
import { readFileSync } from 'node:fs'
import { arrow, box, colors, type Point, svg, text } from './svg.ts'

/** Column and row of each package; a dependency is in a lower row. */
const cells: Record<string, Point> = {
  cli: [3, 0],
  serve: [4, 1],
  train: [1, 2],
  export: [2, 2],
  measure: [3, 2],
  'sdk-node': [4, 2],
  'sdk-web': [5, 2],
  'tfjs-torch': [0.4, 3],
  mpi: [2, 3],
  files: [3, 3],
  zoo: [4.6, 3],
  'tfjs-onnx': [1.4, 4],
  core: [3.8, 4],
}

const roles: Record<string, string> = {
  cli: 'the command',
  serve: 'HTTP server',
  train: 'checkpoints',
  export: 'ONNX models',
  measure: 'quality',
  'sdk-node': 'sampling in Node',
  'sdk-web': 'sampling in pages',
  zoo: 'networks, presets',
  files: 'safe files in Node',
  'tfjs-onnx': 'backend, exporter',
  'tfjs-torch': 'backend',
  mpi: 'many processes',
  core: 'mathematics, formats',
}

const [width, height] = [140, 46]

/** Dependencies among the packages, without those that follow from others. */
function arrows(): [string, string][] {
  const direct = Object.fromEntries(
    Object.keys(cells).map(id => {
      const { dependencies = {} } = JSON.parse(
        readFileSync(new URL(`../../packages/${id}/package.json`, import.meta.url), 'utf8'),
      )
      const names = Object.keys(dependencies).map(name => name.replace('@mixflow/', ''))
      return [id, names.filter(name => name in cells)]
    }),
  ) as Record<string, string[]>
  const reached = (id: string): string[] => (direct[id] ?? []).flatMap(next => [next, ...reached(next)])
  return Object.entries(direct).flatMap(([id, names]) =>
    names
      .filter(name => !names.some(other => other !== name && reached(other).includes(name)))
      .map((name): [string, string] => [id, name]),
  )
}

export function packageDiagram(): string {
  const [column, row] = [164, 96]
  const at = Object.fromEntries(
    Object.entries(cells).map(([id, [x, y]]): [string, Point] => [id, [12 + x * column, 16 + y * row]]),
  )
  const edges = arrows().map(([from, to]) => {
    const [[x, y], [u, v]] = [at[from]!, at[to]!]
    return arrow([x + width / 2, y + height], [u + width / 2, v])
  })
  const boxes = Object.entries(at).flatMap(([id, [x, y]]) => [
    box([x, y], [width, height]),
    text([x + width / 2, y + 19], id),
    text([x + width / 2, y + 36], roles[id]!, { size: 11, color: colors.quiet }),
  ])
  return svg(24 + 5 * column + width, 32 + 4 * row + height, [...edges, ...boxes])
}

export function dataFlowDiagram(): string {
  const rows = [
    ['images', 'train step', 'checkpoint'],
    ['averaged parameters', 'trace and verify', 'model'],
    ['noise of a seed', 'sampler', 'images'],
  ]
  const notes = [
    ['folder, zip, MNIST …', 'source → path → loss → update', 'safetensors, checkpoint.json'],
    ['of the checkpoint', 'one ONNX graph per network', 'mixflow.json, *.onnx'],
    ['any count, any batch', 'solver × velocity', 'PNG, canvas, HTTP'],
  ]
  const names = ['train', 'export', 'sdk-node, sdk-web, serve']
  const [boxWidth, column, row] = [210, 270, 104]
  const left = (i: number) => 20 + i * column
  const shapes = rows.flatMap((cells, r) => {
    const y = 34 + r * row
    return [
      text([left(0), y - 10], names[r]!, { anchor: 'start', size: 12, color: colors.quiet }),
      ...cells.flatMap((cell, c) => [
        box([left(c), y], [boxWidth, height], c === 1 ? { fill: '#eaf1ff', stroke: colors.mix } : {}),
        text([left(c) + boxWidth / 2, y + 19], cell),
        text([left(c) + boxWidth / 2, y + 36], notes[r]![c]!, { size: 11, color: colors.quiet }),
        ...(c < 2 ? [arrow([left(c) + boxWidth, y + height / 2], [left(c + 1), y + height / 2])] : []),
      ]),
    ]
  })
  // a checkpoint feeds export, a model feeds the sampler
  const down = [0, 1].map(r => {
    const y = 34 + r * row + height
    return r === 0
      ? arrow([left(2) + boxWidth / 2, y], [left(0) + boxWidth / 2 + 40, y + row - height])
      : arrow([left(2) + boxWidth / 2, y], [left(1) + boxWidth / 2 + 40, y + row - height])
  })
  return svg(20 + 3 * column - 40, 34 + 3 * row - 40, [...down, ...shapes])
}
