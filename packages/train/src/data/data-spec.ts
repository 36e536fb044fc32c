/**
 * Parses the value of `--data`: a name (`mnist`), a name and the path of its files (`mnist:./digits`), or a path, whose format is
 * detected. A name takes precedence over a folder of the same name; `./mnist` is the folder.
 */
import { existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { nearest, show } from '@mixflow/core/internal'
import { checkRegularFile } from '@mixflow/files'
import { type DataName, dataNames } from './catalogue.ts'
import { isIdxImages } from './mnist.ts'

/** A named set, with the path of its files (null: its default location); or a path to images or an idx pair. */
export type DataSource =
  | { readonly kind: DataName; readonly path: string | null }
  | { readonly kind: 'images' | 'idx'; readonly path: string }

/** @throws MixflowError DATA_UNKNOWN, naming the nearest name and what there is; DATA_NOT_FOUND; ARGUMENT_INVALID */
export async function parseDataSpec(spec: string): Promise<DataSource> {
  if (typeof spec !== 'string' || spec.trim() === '') {
    throw new MixflowError('DATA_UNKNOWN', `no data set is called ${show(spec)}`, { hint: available })
  }
  if (isName(spec)) return { kind: spec, path: null }
  // at least two letters: C:\photos is a path
  const [, name = '', path = ''] = /^([^:/\\]{2,}):(.*)$/s.exec(spec) ?? []
  if (isName(name)) return named(name, path)
  if (existsSync(spec)) return sourceAt(spec)
  if (name === '' && /[/\\]|\.[a-z0-9]+$/i.test(spec)) {
    throw new MixflowError('DATA_NOT_FOUND', `there is no file or folder ${spec}`, {
      hint: `looked for ${resolve(spec)}`,
    })
  }
  const near = nearest(name || spec, dataNames)
  const meant = near && name ? `${near}:${path}` : near
  throw new MixflowError('DATA_UNKNOWN', `no data set and no folder is called "${spec}"`, {
    hint: meant ? [`did you mean "${meant}"?`, available] : available,
    details: { spec, nearest: near, known: dataNames },
  })
}

const isName = (word: string): word is DataName => (dataNames as readonly string[]).includes(word)

const available = `data sets: ${dataNames.join(', ')}; or the path of a folder or .zip of images, or of MNIST's or CIFAR-10's files`

function named(name: DataName, path: string): DataSource {
  if (name === 'quickstart')
    throw new MixflowError('ARGUMENT_INVALID', 'quickstart is part of the package: it takes no path')
  if (existsSync(path)) return { kind: name, path }
  throw new MixflowError('DATA_NOT_FOUND', `there is no folder ${show(path)} with the files of ${name}`, {
    hint: `looked for ${resolve(path)}; without a path, ${name} is found or downloaded`,
  })
}

const isCifar10 = (name: string) => /^(data_batch_\d+|test_batch.*)\.bin$/.test(name) || name === 'cifar-10-batches-bin'

/** Detects the format at a path by file names. An idx pair may be of Fashion-MNIST or others, so its kind is not `mnist`. */
async function sourceAt(path: string): Promise<DataSource> {
  if ((await stat(path)).isDirectory()) {
    const names = await readdir(path)
    if (names.some(isIdxImages)) return { kind: 'idx', path }
    if (names.some(isCifar10)) return { kind: 'cifar10', path }
    return { kind: 'images', path }
  }
  await checkRegularFile(path)
  if (isIdxImages(path)) return { kind: 'idx', path }
  if (/\.zip$/i.test(path)) return { kind: 'images', path }
  if (/\.(tar\.gz|tgz)$/i.test(path)) return { kind: 'cifar10', path }
  throw new MixflowError('DATA_NOT_FOUND', `${path} is not a supported data file`, {
    hint: 'supported files: a .zip of images, the images file of an idx pair (…-images-idx3-ubyte), and CIFAR-10 as .tar.gz',
  })
}
