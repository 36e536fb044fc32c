import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { decodeImage } from './decode-image.ts'
import { png } from './fixtures/pictures.ts'
import { findTwemoji, readTwemoji, twemojiFacts } from './twemoji.ts'

const installed = dirname(createRequire(import.meta.url).resolve('emoji-datasource-twitter/package.json'))

interface Emoji {
  readonly image: string
  readonly skin_variations?: Record<string, { readonly image: string }>
}

describe('readTwemoji', () => {
  it('has 3,786 images in nine classes, with attribution', async () => {
    expect(findTwemoji()).toBe(installed)
    const data = await readTwemoji({ background: 'white' })
    expect(data).toMatchObject({
      name: 'twemoji',
      count: 3786,
      channels: 3,
      height: 32,
      width: 32,
      licence: 'CC-BY-4.0',
    })
    expect(data.attribution).toContain('Twitter')
    expect(data.classNames).toEqual(twemojiFacts.classNames)
    const counts = twemojiFacts.classNames.map((_, label) => data.labels!.filter(other => other === label).length)
    expect(counts).toEqual([169, 2261, 159, 131, 218, 85, 264, 229, 270])
  })

  it('without skin tones has each emoji once, in the same order', async () => {
    const all = await readTwemoji({ background: 'white' })
    const plain = await readTwemoji({ background: 'white', skinTones: false })
    expect(plain).toMatchObject({ name: 'twemoji-plain', count: 1911 })
    const counts = twemojiFacts.classNames.map((_, label) => plain.labels!.filter(other => other === label).length)
    expect(counts).toEqual([169, 386, 159, 131, 218, 85, 264, 229, 270])
    const emoji: Emoji[] = JSON.parse(await readFile(join(installed, 'emoji.json'), 'utf8'))
    let at = 0
    const places = emoji.map(({ skin_variations: tones = {} }) => {
      at += 1 + Object.keys(tones).length
      return at - 1 - Object.keys(tones).length
    })
    const picture = ({ images }: typeof all, i: number) => Buffer.from(images.subarray(i * 3072, (i + 1) * 3072))
    const differing = places.filter((place, i) => !picture(all, place).equals(picture(plain, i)))
    expect([places.length, differing]).toEqual([1911, []])
  })

  it('cuts out sprites equal to the single files of the package', async () => {
    const data = await readTwemoji({ background: 'white' })
    const emoji: Emoji[] = JSON.parse(await readFile(join(installed, 'emoji.json'), 'utf8'))
    const pictures = emoji.flatMap(one => [one, ...Object.values(one.skin_variations ?? {})])
    expect(pictures).toHaveLength(data.count)
    const differences: number[] = []
    for (let n = 0; n < data.count; n += 19) {
      const single = await readFile(join(installed, 'img', 'twitter', '64', pictures[n]!.image))
      const { pixels } = await decodeImage(single, { size: 32, fit: 'cover', background: 'white' })
      const cut = data.images.subarray(n * 3072, (n + 1) * 3072)
      differences.push(cut.reduce((sum, byte, i) => sum + Math.abs(byte - pixels[i]!), 0) / 3072)
    }
    // Two ways of scaling differ by 2 on average; cut one pixel aside the same pictures differ by 13.
    expect(Math.max(...differences)).toBeLessThan(8)
    expect(differences.reduce((sum, difference) => sum + difference, 0) / differences.length).toBeLessThan(4)
  })

  it('composes them with the background', async () => {
    const corner = async (background: string) => (await readTwemoji({ background })).images[7 * 3072]
    expect(await corner('white')).not.toBe(await corner('black'))
  })

  describe('of a folder', () => {
    let folder: string
    const sheets = () => join(folder, 'img', 'twitter', 'sheets')
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'mixflow-'))
      await mkdir(sheets(), { recursive: true })
    })
    afterEach(() => rm(folder, { recursive: true }))
    const emoji = (changes: object = {}) => ({
      category: 'Flags',
      sheet_x: 0,
      sheet_y: 0,
      has_img_twitter: true,
      skin_variations: { '1F3FB': { sheet_x: 1, sheet_y: 0, has_img_twitter: false } },
      ...changes,
    })
    const write = (list: unknown) => writeFile(join(folder, 'emoji.json'), JSON.stringify(list))
    const read = () => readTwemoji({ folder, background: 'white' })

    it('leaves out sprites that are not by Twitter', async () => {
      await write([emoji()])
      await writeFile(join(sheets(), '32.png'), await png(68, 34))
      expect((await read()).count).toBe(1)
    })

    it('names the package to install', async () => {
      await expect(read()).rejects.toMatchObject({ code: 'PACKAGE_MISSING', hint: 'npm i emoji-datasource-twitter' })
    })

    it.each([
      ['no list', {}],
      ['an emoji without a place', [{ ...emoji(), sheet_x: undefined }]],
      ['an unknown category', [emoji({ category: 'Spaceships' })]],
      ['a place outside the sheet', [emoji({ sheet_y: 9 })]],
      ['no picture', []],
    ])('refuses %s', async (_, list) => {
      await write(list)
      await writeFile(join(sheets(), '32.png'), await png(68, 34))
      await expect(read()).rejects.toMatchObject({ code: 'DATA_INVALID' })
    })

    it('refuses a damaged sheet', async () => {
      await write([emoji()])
      await cp(join(installed, 'emoji.json'), join(sheets(), '32.png'))
      await expect(read()).rejects.toMatchObject({ code: 'DATA_INVALID' })
    })
  })
})
