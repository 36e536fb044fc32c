/**
 * Twemoji, 3,786 emoji of 32x32 pixels, from the sprite sheet of the optional npm package `emoji-datasource-twitter`, whose cells
 * have a border of one transparent pixel. Version 16 has 1,911 emoji and 1,875 skin tone variants. Without the variants, fewer
 * than half of the images are people.
 *
 * The classes are Unicode's emoji groups. The five skin tone swatches (group `Component`) count as `Symbols`, like other squares.
 */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { parseStrictJson } from '@mixflow/core/internal'
import { readRegularFile } from '@mixflow/files'
import sharp from 'sharp'
import { z } from 'zod'
import { createDataset, type Dataset } from './dataset.ts'
import { checkBackground, type DecodedImage, planar } from './decode-image.ts'

export const twemojiPackage = 'emoji-datasource-twitter'

const size = 32

export const twemojiFacts = {
  channels: 3,
  height: size,
  width: size,
  classNames: [
    ...['Smileys & Emotion', 'People & Body', 'Animals & Nature', 'Food & Drink', 'Travel & Places'],
    ...['Activities', 'Objects', 'Symbols', 'Flags'],
  ] as readonly string[],
  licence: 'CC-BY-4.0',
  attribution:
    'Twemoji graphics by Twitter, Inc and other contributors, CC BY 4.0 (https://github.com/jdecked/twemoji)',
} as const

const cell = size + 2

const drawn = z.object({
  sheet_x: z.int().nonnegative(),
  sheet_y: z.int().nonnegative(),
  has_img_twitter: z.boolean(),
})
const emojiList = z.array(
  drawn.extend({ category: z.string(), skin_variations: z.record(z.string(), drawn).optional() }),
)

type Sprite = Pick<z.infer<typeof drawn>, 'sheet_x' | 'sheet_y'> & { readonly label: number }

/** Folder of the package, resolved from this package or the working directory; null if it is not installed. */
export function findTwemoji(): string | null {
  for (const from of [import.meta.url, join(process.cwd(), 'index.js')]) {
    try {
      return dirname(createRequire(from).resolve(`${twemojiPackage}/package.json`))
    } catch {}
  }
  return null
}

/**
 * Reads the emoji, in the package's order.
 *
 * @param options.folder folder of the package. Default: searched.
 * @param options.background background of transparent pixels, any CSS colour
 * @param options.skinTones include the skin tone variants. Default: true.
 * @throws MixflowError PACKAGE_MISSING if it is not installed, DATA_INVALID if its files are not as expected
 */
export async function readTwemoji(options: {
  readonly folder?: string
  readonly background: string
  readonly skinTones?: boolean
}): Promise<Dataset> {
  const { skinTones = true } = options
  checkBackground(options.background)
  const folder = options.folder ?? findTwemoji()
  if (folder === null || !existsSync(join(folder, 'emoji.json'))) {
    throw new MixflowError('PACKAGE_MISSING', `the npm package ${twemojiPackage} is not installed`, {
      hint: `npm i ${twemojiPackage}`,
      details: { package: twemojiPackage, folder },
    })
  }
  const sheetPath = join(folder, 'img', 'twitter', 'sheets', '32.png')
  try {
    const sprites = spritesIn(await readEmojiList(folder), skinTones)
    const sheet = sharp(sheetPath, { failOn: 'error' })
      .flatten({ background: options.background })
      .toColourspace('srgb')
    const { data, info } = await sheet.raw().toBuffer({ resolveWithObject: true })
    return createDataset({
      ...{ ...twemojiFacts, name: skinTones ? 'twemoji' : 'twemoji-plain', split: 'train' },
      images: cutOut(sprites, { pixels: planar(data, info.channels), width: info.width, height: info.height }),
      labels: Int32Array.from(sprites, sprite => sprite.label),
    })
  } catch (cause) {
    const message = `${folder} is not ${twemojiPackage} as expected: ${(cause as Error).message}`
    const hint = `install it again: npm i ${twemojiPackage}@16`
    throw new MixflowError('DATA_INVALID', message, { hint, cause })
  }
}

async function readEmojiList(folder: string): Promise<unknown> {
  const path = join(folder, 'emoji.json')
  return parseStrictJson(await readRegularFile(path), { what: path, code: 'DATA_INVALID' })
}

/** The sprites that Twitter drew. The sheet has artwork by others for the rest. */
function spritesIn(json: unknown, skinTones: boolean): Sprite[] {
  return emojiList.parse(json).flatMap(emoji => {
    const label = twemojiFacts.classNames.indexOf(emoji.category === 'Component' ? 'Symbols' : emoji.category)
    if (label < 0) throw new Error(`unknown category "${emoji.category}"`)
    return [emoji, ...(skinTones ? Object.values(emoji.skin_variations ?? {}) : [])]
      .filter(sprite => sprite.has_img_twitter)
      .map(({ sheet_x, sheet_y }) => ({ sheet_x, sheet_y, label }))
  })
}

/** @param sheet planar [3, height, width] */
function cutOut(sprites: readonly Sprite[], sheet: Pick<DecodedImage, 'pixels' | 'height' | 'width'>): Uint8Array {
  const images = new Uint8Array(sprites.length * 3 * size * size)
  let at = 0
  for (const { sheet_x, sheet_y } of sprites) {
    const left = sheet_x * cell + 1
    const top = sheet_y * cell + 1
    if (left + size > sheet.width || top + size > sheet.height) {
      const edges = `${sheet.width}x${sheet.height}`
      throw new Error(`the sprite at column ${sheet_x}, row ${sheet_y} is outside the ${edges} sheet`)
    }
    for (let c = 0; c < 3; c++) {
      for (let y = top; y < top + size; y++, at += size) {
        const row = (c * sheet.height + y) * sheet.width + left
        images.set(sheet.pixels.subarray(row, row + size), at)
      }
    }
  }
  return images
}
