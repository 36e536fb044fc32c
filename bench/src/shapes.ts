/**
 * Generates a small data set for trial trainings: circles, squares and triangles of many colours and sizes, with one folder of PNG files per
 * class. The same seed gives the same images.
 *
 *   pnpm --filter @mixflow/bench shapes <folder> [--count 300] [--size 64] [--seed 1]
 */

import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type PlanarImage, uniforms } from '@mixflow/core'
import { encodePng } from '@mixflow/train'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '300' },
    size: { type: 'string', default: '64' },
    seed: { type: 'string', default: '1' },
  },
})
const [folder] = positionals
if (folder === undefined) throw new Error('usage: pnpm --filter @mixflow/bench shapes <folder>')
const [count, size, seed] = [Number(values.count), Number(values.size), Number(values.seed)]

/** Signed distance to the edge in units of the radius, below 0 inside, at a point relative to the centre. */
const shapes = {
  circle: (x: number, y: number) => Math.hypot(x, y) - 1,
  square: (x: number, y: number) => Math.max(Math.abs(x), Math.abs(y)) - 0.85,
  triangle: (x: number, y: number) => Math.max(y - 0.6, (Math.abs(x) * Math.sqrt(3) - y) / 2 - 0.6),
}

type Color = readonly [number, number, number]

/** Hue in turns, saturation and lightness in 0..1, to RGB in [-1, 1]. */
function color(hue: number, saturation: number, lightness: number): Color {
  const chroma = (1 - Math.abs(2 * lightness - 1)) * saturation
  const channel = (shift: number) => {
    const turn = (((hue + shift) % 1) + 1) % 1
    const ramp = Math.min(1, Math.max(0, Math.abs(turn * 6 - 3) - 1))
    return 2 * (lightness + chroma * (ramp - 0.5)) - 1
  }
  return [channel(0), channel(-1 / 3), channel(1 / 3)]
}

function draw(inside: (x: number, y: number) => number, random: Float32Array): PlanarImage {
  const [hue = 0, light = 0, radius = 0, left = 0, top = 0, backHue = 0, backLight = 0] = random
  const fill = color(hue, 0.85, 0.35 + 0.25 * light)
  const back = color(backHue, 0.3, 0.82 + 0.14 * backLight)
  const r = size * (0.16 + 0.18 * radius)
  const centre = (fraction: number) => r * 1.25 + fraction * (size - 2.5 * r)
  const data = new Float32Array(3 * size * size)
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const distance = inside((x + 0.5 - centre(left)) / r, (y + 0.5 - centre(top)) / r) * r
      const cover = Math.min(1, Math.max(0, 0.5 - distance)) // an edge of one pixel
      for (let c = 0; c < 3; c++) {
        data[(c * size + y) * size + x] = cover * (fill[c] as number) + (1 - cover) * (back[c] as number)
      }
    }
  }
  return { channels: 3, height: size, width: size, data }
}

// pnpm runs this in the folder of the package; paths are relative to the caller's
const root = resolve(process.env.INIT_CWD ?? '.', folder)
const kinds = Object.entries(shapes)
for (let i = 0; i < count; i++) {
  const [name, inside] = kinds[i % kinds.length] as (typeof kinds)[number]
  const random = uniforms({ seed, stream: 'probe', firstImage: i, images: 1, elementsPerImage: 7 })
  const into = join(root, `${name}s`)
  await mkdir(into, { recursive: true })
  await writeFile(join(into, `${String(i).padStart(5, '0')}.png`), encodePng(draw(inside, random)))
}
console.log(`${count} images of ${size}×${size} in ${root}: ${kinds.map(([name]) => `${name}s`).join(', ')}`)
