/**
 * Copies the models of one folder into the page and lists them in `models/index.json`. A model is a folder with a `mixflow.json`; it may
 * contain another. A model's baseline is the same model trained as a rectified flow: the package that its `quality.json` compares it with,
 * the folder `NAME-rectified-flow` beside it, or the folder `rectified-flow` in it.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import type { Plugin } from 'vite'
import type { ServedModel } from './src/models/served-models.ts'

const manifestName = 'mixflow.json'

/** The part of a manifest that is needed here. The page checks all of it. */
interface Facts {
  readonly name: string
  readonly description?: string
  readonly files: readonly {
    readonly path: string
    readonly bytes: number
    readonly role: string
    readonly dtype?: string
  }[]
  readonly image: ServedModel['image']
  readonly labels: ServedModel['labels']
  readonly source: { readonly kappa: string } | null
  readonly sampler: ServedModel['sampler']
  readonly training: { readonly dataset: string }
}

interface FoundModel {
  /** Relative to the folder of models. */
  readonly path: string
  readonly facts: Facts
  /** Name of its package, and of the baseline's package; undefined if unknown. */
  readonly packageName: string | undefined
  readonly baselinePackage: string | undefined
}

export function findModels(folder: string): readonly FoundModel[] {
  const folders = (at: string) =>
    existsSync(join(folder, at))
      ? readdirSync(join(folder, at), { withFileTypes: true })
          .filter(entry => entry.isDirectory() && !/^(\.|node_modules$)/.test(entry.name))
          .map(({ name }) => (at === '' ? name : `${at}/${name}`))
          .sort()
      : []
  const top = folders('')
  const nested = top.filter(path => existsSync(join(folder, path, manifestName))).flatMap(folders)
  return [...top, ...nested]
    .filter(path => existsSync(join(folder, path, manifestName)))
    .map(path => {
      const read = (name: string) => JSON.parse(readFileSync(join(folder, path, name), 'utf8'))
      const readIfPresent = (name: string) => (existsSync(join(folder, path, name)) ? read(name) : {})
      return {
        path,
        facts: read(manifestName),
        packageName: readIfPresent('package.json').name,
        baselinePackage: readIfPresent('quality.json').baseline?.name,
      }
    })
}

export function indexOf(found: readonly FoundModel[]): { readonly models: readonly ServedModel[] } {
  const known = new Set(found.map(({ path }) => path))
  const models = found.map(({ path, facts, baselinePackage }): ServedModel => {
    const { image, labels, sampler, source, training, description, files } = facts
    const measured =
      baselinePackage === undefined ? undefined : found.find(other => other.packageName === baselinePackage)
    const baseline =
      measured?.path ?? [`${path}-rectified-flow`, `${path}/rectified-flow`].find(other => known.has(other))
    const denoisers = files.filter(({ role }) => role === 'denoiser')
    const denoiser = denoisers.find(({ dtype }) => dtype === 'float32') ?? denoisers[0]
    return {
      name: path.replaceAll('/', '-'),
      address: `${path}/${manifestName}`,
      baseline: source === null || baseline === undefined ? null : baseline.replaceAll('/', '-'),
      description: description ?? '',
      bytes: denoiser?.bytes ?? 0,
      image: { channels: image.channels, height: image.height, width: image.width },
      labels,
      sampler,
      kappa: source?.kappa ?? null,
      dataset: training.dataset,
    }
  })
  // views open the first model, so models with a baseline come first, then small ones
  return {
    models: models.sort((a, b) => Number(b.baseline !== null) - Number(a.baseline !== null) || a.bytes - b.bytes),
  }
}

/** The manifest and the files that it lists. */
const filesOf = ({ path, facts }: FoundModel) =>
  [manifestName, ...facts.files.map(file => file.path)].map(name => `${path}/${name}`)

export function servedModels(folder: string): Plugin {
  const index = () => JSON.stringify(indexOf(findModels(folder)), null, 1)
  return {
    name: 'models',
    configureServer({ middlewares }) {
      middlewares.use('/models', (request, response, next) => {
        const path = decodeURIComponent(request.url?.split('?')[0] ?? '').slice(1)
        const isKnown = findModels(folder).some(model => filesOf(model).includes(path))
        if (path !== 'index.json' && !isKnown) return next()
        response.setHeader('content-type', extname(path) === '.json' ? 'application/json' : 'application/octet-stream')
        response.end(path === 'index.json' ? index() : readFileSync(join(folder, path)))
      })
    },
    generateBundle() {
      for (const path of findModels(folder).flatMap(filesOf)) {
        this.emitFile({ type: 'asset', fileName: `models/${path}`, source: readFileSync(join(folder, path)) })
      }
      this.emitFile({ type: 'asset', fileName: 'models/index.json', source: index() })
    },
  }
}
