import { describe, expect, it } from 'vitest'
import type { DataFile, FileList } from '../list-files.ts'
import { findLayout } from './find-layout.ts'

/** Files by name; a name that ends in an image's ending needs no content here. */
function listOf(files: Record<string, string> | readonly string[]): FileList {
  const contents: Record<string, string> =
    Symbol.iterator in files ? Object.fromEntries(files.map(name => [name, ''])) : files
  const dataFiles = Object.entries(contents).map(([name, text]): DataFile => {
    const bytes = Buffer.from(text, 'latin1')
    return { name, bytes: bytes.length, head: async n => bytes.subarray(0, n), read: async () => Buffer.from(text) }
  })
  return { files: dataFiles.sort((a, b) => (a.name < b.name ? -1 : 1)), leftOut: [], notes: [], close: async () => {} }
}

async function layout(
  files: Record<string, string> | readonly string[],
  split: 'train' | 'test' = 'train',
  path = 'set',
) {
  const { name, images, classNames, leftOut, notes } = await findLayout(listOf(files), { path, split })
  return {
    name,
    images: Object.fromEntries(
      images.map(({ file, label }) => [file.name, label === null ? null : classNames![label]]),
    ),
    classNames,
    leftOut: Object.fromEntries(leftOut.map(({ reason, names }) => [reason, names])),
    notes,
  }
}

describe('class folders', () => {
  it.each<[string[], string[] | null]>([
    [['a.png', 'b.png'], null],
    [
      ['x/a.png', 'y/b.png', 'x/z/c.png'],
      ['x', 'y'],
    ],
    [
      ['all/x/a.png', 'all/y/b.png'],
      ['x', 'y'],
    ],
    [['all/a.png', 'all/b.png'], null],
    [['one.png'], null],
    [
      ['cafe\u0301/a.png', 'caf\u00e9/b.png', 'tea/c.png'],
      ['caf\u00e9', 'tea'],
    ],
    [
      ['train/a.png', 'car/b.png'],
      ['car', 'train'],
    ],
  ])('of %j are %j', async (names, classNames) => {
    const found = await layout(names)
    expect(found.classNames).toEqual(classNames)
    expect(Object.keys(found.images)).toHaveLength(names.length)
  })

  it('are classes if most images are in them; other images are left out', async () => {
    const found = await layout(['cat/a.png', 'cat/b.png', 'dog/c.png', 'cover.png'])
    expect(found).toMatchObject({
      classNames: ['cat', 'dog'],
      leftOut: { 'images outside of the class folders': ['cover.png'] },
    })
  })

  it('are not classes if most images are outside of them, which is noted', async () => {
    const found = await layout(['x/a.png', 'y/b.png', '1.png', '2.png'])
    expect(found.classNames).toBeNull()
    expect(Object.keys(found.images)).toHaveLength(4)
    expect(found.notes).toEqual([expect.stringMatching(/^no classes: 2 images are outside of x\/, y\/, which have 2/)])
  })
})

describe('parts', () => {
  const imagenet = [
    'set/train/cat/1.png',
    'set/train/dog/2.png',
    'set/val/dog/3.png',
    'set/val/emu/4.png',
    'set/cover.png',
  ]

  it('reads the training part, and lists the images of the others', async () => {
    expect(await layout(imagenet)).toMatchObject({
      images: { 'set/train/cat/1.png': 'cat', 'set/train/dog/2.png': 'dog' },
      leftOut: {
        'images of another part, val/': ['set/val/dog/3.png', 'set/val/emu/4.png'],
        'images outside of the folders of the parts': ['set/cover.png'],
      },
    })
  })

  it('reads the validation part as test, with the classes of training', async () => {
    expect(await layout(imagenet, 'test')).toMatchObject({
      images: { 'set/val/dog/3.png': 'dog' },
      classNames: ['cat', 'dog'],
      leftOut: { 'images of classes without training images': ['set/val/emu/4.png'] },
    })
  })

  it.each<[string[], string]>([
    [['val/1.png', 'test/2.png'], '--data photos/test'],
    [['train/1.png', 'val/2.png', 'extra/3.png'], '--data photos/train'],
    [['d/train/1.png', 'd/training/2.png'], '--data photos/d/train'],
  ])('refuses %j with a hint', async (names, hint) => {
    await expect(layout(names, 'train', 'photos/')).rejects.toMatchObject({
      code: 'DATA_INVALID',
      hint: `choose one of them: ${hint}`,
    })
  })

  it('has no test part without parts', async () => {
    await expect(layout(['a/1.png', 'b/2.png'], 'test')).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  })
})

describe('dataset.json', () => {
  const images = { '00000/1.png': '', '00000/2.png': '', '00001/3.png': '' }
  const json = (labels: unknown) => JSON.stringify({ labels })

  it('has the labels, and the folders are shards', async () => {
    const labels = [
      ['00000/1.png', 2],
      ['00000\\2.png', 0],
      ['00001/4.png', 0],
    ]
    expect(await layout({ ...images, 'dataset.json': json(labels) })).toEqual({
      name: 'dataset.json',
      images: { '00000/1.png': '2', '00000/2.png': '0' },
      classNames: ['0', '1', '2'],
      leftOut: {
        'images without a label in dataset.json': ['00001/3.png'],
        'entries of dataset.json without an image': ['00001/4.png'],
      },
      notes: [],
    })
  })

  it('may have no labels, be in a common folder, or be about something else', async () => {
    expect((await layout({ ...images, 'dataset.json': json(null) })).classNames).toBeNull()
    const below = Object.fromEntries(Object.keys(images).map(name => [`set/${name}`, '']))
    expect((await layout({ ...below, 'set/dataset.json': json([['00000/1.png', 0]]) })).classNames).toEqual(['0'])
    expect(await layout({ ...images, 'dataset.json': '{"name": "x"}' })).toMatchObject({
      classNames: ['00000', '00001'],
      notes: ['dataset.json has no list of labels and is ignored'],
    })
  })

  it.each([
    ['{', /is not valid JSON/],
    [json([['a', 0.5]]), /label 0 is \["a",0.5\]/],
    [json([['a', 1e9]]), /label 0/],
  ])('refuses %s', async (text, message) => {
    await expect(layout({ ...images, 'dataset.json': text })).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringMatching(message),
    })
  })
})

describe('metadata', () => {
  const images = { 'train/1.png': '', 'train/2.png': '', 'test/3.png': '' }

  it('of imagefolder has labels for each part', async () => {
    const files = {
      ...images,
      'train/metadata.csv': '\ufefffile_name,text,label\r\n1.png,"a ""big"", red\none",10\r\n2.png,,9\r\n',
      'test/metadata.jsonl': '{"file_name": "3.png", "label": 10}\n{"file_name": "4.png", "label": 10}\n',
    }
    expect(await layout(files)).toMatchObject({
      images: { 'train/1.png': '10', 'train/2.png': '9' },
      classNames: ['9', '10'],
      notes: ['train/metadata.csv: ignored columns: text'],
      leftOut: { 'entries of the metadata without an image': ['test/4.png'] },
    })
    expect((await layout(files, 'test')).images).toEqual({ 'test/3.png': '10' })
  })

  it('without a column label leaves the classes to the folders, which is noted', async () => {
    const found = await layout({ 'a/1.png': '', 'b/2.png': '', 'metadata.csv': 'file_name,text\na/1.png,one\n' })
    expect(found).toMatchObject({
      classNames: ['a', 'b'],
      notes: ['metadata.csv: ignored columns: text', 'metadata.csv has no column label and defines no classes'],
    })
  })

  it('refuses invalid rows', async () => {
    const refusal = (files: Record<string, string>) => layout({ ...images, ...files }).catch(error => error)
    expect((await refusal({ 'metadata.csv': 'file_name,label\n,x\n' })).message).toMatch(/has no file_name \(row 1/)
    expect((await refusal({ 'metadata.csv': 'file_name,label\n"1.png,x\n' })).message).toMatch(
      /is not valid CSV: row 2/,
    )
    expect((await refusal({ 'metadata.jsonl': '{"file_name": \n' })).message).toMatch(
      /^line 1 of metadata.jsonl is not valid JSON/,
    )
  })
})

describe('other files', () => {
  it('are listed by format, by content rather than extension', async () => {
    const found = await layout({
      'a.png': '',
      'b.jfif': '',
      c: '\x89PNG\r\n\x1a\n',
      'd.bmp': '\xff\xd8\xff\xe0',
      'e.pam': 'P7\n',
      k: 'P6 1 1 255\n',
      l: 'P6, the sixth priority',
      'f.dng': 'II*\0',
      'g.tmp': '\0\0\0\x1cftypheic\0\0\0\0mif1heic',
      'h.heif': '\0\0\0\x1cftypmif1\0\0\0\0mif1avif',
      'notes.txt': 'P3 ',
    })
    expect(Object.keys(found.images)).toEqual(['a.png', 'b.jfif', 'c', 'd.bmp', 'h.heif', 'k'])
    expect(found.leftOut).toEqual({
      'PAM images, which are not supported': ['e.pam'],
      'camera raw images, which are not supported': ['f.dng'],
      'HEIC images, which are not supported': ['g.tmp'],
      'other files': ['l', 'notes.txt'],
    })
  })
})
