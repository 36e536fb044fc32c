import { describe, expect, it } from 'vitest'
import { dataReport, dataReportLines, filesReport } from './data-report.ts'
import { createDataset } from './dataset.ts'
import type { ImageFacts } from './decode-image.ts'

const image = (facts: Partial<ImageFacts> = {}): ImageFacts => ({
  ...{ format: 'PNG', width: 64, height: 64, isGrey: false, isTransparent: false, frames: 1, ...facts },
})

const set = (count: number, classNames: readonly string[] | null, files?: ReturnType<typeof filesReport>) =>
  createDataset({
    ...{ name: 'photos', split: 'train', channels: 3, height: 8, width: 8, images: new Uint8Array(count * 192) },
    labels: classNames && Int32Array.from({ length: count }, (_, i) => Math.min(i, classNames.length - 1)),
    ...{ classNames, licence: null, attribution: null, ...(files && { files }) },
  })

const found = { path: 'photos', layout: 'class folders', size: 8, leftOut: [], bad: [], notes: [] }

describe('the report of a data set', () => {
  it('has one line for a set without files', () => {
    expect(dataReportLines(dataReport(set(1, null)))).toEqual(['1 image of 8×8, colour, no classes'])
    expect(dataReportLines(dataReport(set(3, ['cat', 'dog'])))).toEqual([
      '3 images of 8×8, colour, 2 classes: cat 1, dog 2',
    ])
    const many = Array.from({ length: 10 }, (_, i) => `c${i}`)
    expect(dataReportLines(dataReport(set(1200, many)))[0]).toMatch(
      /^1,200 images of 8×8, colour, 10 classes: c0 1, .*, c7 1, and 2 more$/,
    )
  })

  it('says sizes, colours and formats of files', () => {
    const alike = filesReport({ ...found, images: [image(), image()] })
    expect(dataReportLines(dataReport(set(2, ['a', 'b'], alike)))).toEqual([
      '2 images of 8×8, colour, 2 classes by class folders: a 1, b 1',
      'files: 64×64; colour; 2 PNG',
    ])
    const images = [
      image({ width: 4, height: 6, isGrey: true }),
      image({ format: 'GIF', frames: 3 }),
      image({ format: 'BMP', width: 100, height: 90, isTransparent: true }),
    ]
    const mixed = filesReport({ ...found, layout: 'no classes', images })
    expect(dataReportLines(dataReport(set(3, null, mixed)))[1]).toBe(
      'files: from 4×6 over 64×64 (median) to 100×90; 1 smaller than the requested size; 2 in colour and 1 grey; 1 with transparency; ' +
        '1 with several frames (the first is used); 1 PNG, 1 GIF, 1 BMP',
    )
  })

  it('names what was left out and skipped, as many as asked for, and the notes', () => {
    const names = Array.from({ length: 1500 }, (_, i) => `${i}.heic`)
    const files = filesReport({
      ...{ ...found, layout: 'no classes', images: [image({ isGrey: true })] },
      leftOut: [{ reason: 'HEIC images, which are not read', names }],
      bad: [{ name: 'x.png', reason: 'cut short' }],
      notes: ['limit 1: 2 more images are not read'],
    })
    expect(dataReportLines(dataReport(set(1, null, files)), { most: 2 }).slice(1)).toEqual([
      'files: 64×64; grey; 1 PNG',
      'left out: 1,500 HEIC images, which are not read: 0.heic, 1.heic, and 1,498 more',
      'skipped: 1 unreadable images: x.png (cut short)',
      'limit 1: 2 more images are not read',
    ])
  })
})
