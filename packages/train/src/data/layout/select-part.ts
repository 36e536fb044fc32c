/**
 * Data sets with parts, as in Hugging Face's `imagefolder` and torchvision's ImageNet: all folders of the first level are parts
 * (`train`, `val`, `test`, …). The split `test` is the test part, or the validation part if there is no test part.
 */
import { MixflowError } from '@mixflow/core'
import type { Split } from '../dataset.ts'
import type { LeftOutFiles } from '../list-files.ts'
import { commonFolder, firstFolder, type ImagePath, withoutFolder } from './layout.ts'

/** As in `train2017` and `train_set`. */
const suffix = '([-_]?(set|images|imgs|data|split|(19|20)\\d\\d))?'

const parts = {
  train: new RegExp(`^(train|training)${suffix}$`, 'i'),
  validation: new RegExp(`^(val|valid|validation|dev)${suffix}$`, 'i'),
  test: new RegExp(`^(test|testing|eval|evaluation)${suffix}$`, 'i'),
} as const

type Part = keyof typeof parts

const partOf = (folder: string): Part | undefined =>
  (Object.keys(parts) as Part[]).find(part => parts[part].test(folder))

interface PartOptions {
  /** Path of the folder or zip, for messages. */
  readonly path: string
  readonly split: Split
  readonly leftOut: LeftOutFiles
}

export interface SelectedPart {
  /** Images of the requested part; all if the set has no parts. Paths are relative to the part's folder. */
  readonly images: readonly ImagePath[]
  /** Images of the training part, whose classes all parts have. The same as `images` for `train`. */
  readonly trainImages: readonly ImagePath[]
}

/**
 * The images of the requested part.
 *
 * @throws MixflowError DATA_INVALID if some folders are parts and others are not; ARGUMENT_INVALID if there is no such part
 */
export function selectPart(images: readonly ImagePath[], options: PartOptions): SelectedPart {
  const below = (folder: string | null) => images.filter(({ path }) => firstFolder(path) === folder)
  const folders = [...new Set(images.flatMap(({ path }) => firstFolder(path) ?? []))].sort()
  const known = folders.filter(folder => partOf(folder) !== undefined)
  const strays = below(null)
  // one such folder among others is a class, of trains for example
  const isOnlyPart = known.length === 1 && folders.length === 1 && strays.length < images.length / 2
  if (known.length < 2 && !isOnlyPart) {
    if (options.split === 'test') throw noTestPart(options.path)
    return { images, trainImages: images }
  }
  const order: readonly Part[] = options.split === 'train' ? ['train'] : ['test', 'validation']
  const chosen =
    order.map(part => known.filter(folder => partOf(folder) === part)).find(found => found.length > 0) ?? []
  if (options.split === 'test' && chosen.length === 0) throw noTestPart(options.path)
  if (known.length < folders.length || chosen.length !== 1) throw unclear(images, options.path, { folders, chosen })
  for (const folder of folders) {
    if (folder !== chosen[0]) options.leftOut.add(`images of another part, ${folder}/`, ...namesOf(below(folder)))
  }
  if (strays.length > 0) options.leftOut.add('images outside of the folders of the parts', ...namesOf(strays))
  const part = below(chosen[0]!)
  const train = known.find(folder => partOf(folder) === 'train')
  const trainPart = train === undefined || train === chosen[0] ? part : below(train)
  const trainImages = rebased(trainPart)
  return { trainImages, images: part === trainPart ? trainImages : rebased(part, commonBelowPart(trainPart)) }
}

const namesOf = (images: readonly ImagePath[]) => images.map(({ file }) => file.name)

const withoutPart = ({ path }: ImagePath) => path.slice(path.indexOf('/') + 1)

const commonBelowPart = (images: readonly ImagePath[]) => commonFolder(images.map(withoutPart))

/** Paths relative to the part and to the folders that all its images share. */
const rebased = (images: readonly ImagePath[], common = commonBelowPart(images)): ImagePath[] =>
  images.map(image => ({ file: image.file, path: withoutFolder(withoutPart(image), common) }))

function unclear(
  images: readonly ImagePath[],
  path: string,
  { folders, chosen }: Readonly<Record<'folders' | 'chosen', readonly string[]>>,
): MixflowError {
  const { file, path: below } = images[0]!
  const common = file.name.slice(0, file.name.length - below.length)
  const isZip = /\.zip$/i.test(path)
  const folder = `${isZip ? '<folder>' : path.replace(/[/\\]+$/, '')}/${common}${chosen[0] ?? folders[0]}`
  const message = `${path} has the folders ${folders.join(', ')}: it is unclear which to read`
  const hint = `${isZip ? 'unpack it and choose one' : 'choose one'} of them: --data ${folder}`
  return new MixflowError('DATA_INVALID', message, { hint, details: { folders } })
}

export const noTestPart = (path: string): MixflowError =>
  new MixflowError('ARGUMENT_INVALID', `${path} has no test part`, {
    hint: 'put test images into a folder test/ beside train/, or use the path of their folder',
  })
