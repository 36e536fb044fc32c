/**
 * The models that the page is served with: every folder in one folder that holds a `mixflow.json`, itself or in a folder of its own,
 * and `models/index.json`, which lists them. A model's twin is the same trained as a rectified flow: the package that its `quality.json`
 * compares it with, or the folder `NAME-rectified-flow` beside it, or `rectified-flow` inside of it.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import type { Plugin } from 'vite'
import type { ZooModel } from './src/models/catalogue.ts'

const manifestName = 'mixflow.json'

/** What is needed of a manifest; the page itself checks all of it. */
interface Facts {
  readonly name: string
  readonly description?: string
  readonly files: readonly {
    readonly path: string
    readonly bytes: number
    readonly role: string
    readonly dtype?: string
  }[]
  readonly image: ZooModel['image']
  readonly labels: ZooModel['labels']
  readonly source: { readonly kappa: string } | null
  readonly sampler: ZooModel['sampler']
  readonly training: { readonly dataset: string }
}

interface FoundModel {
  /** Path in the folder of models, '/' between folders. */
  readonly path: string
  readonly facts: Facts
  /** Name of its package, and of the one that it was measured beside; undefined where it does not say. */
  readonly packageName: string | undefined
  readonly twinPackage: string | undefined
}

export function findModels(folder: string): readonly FoundModel[] {
  const folders = (at: string) =>
    existsSync(join(folder, at))
      ? readdirSync(join(folder, at), { withFileTypes: true })
          .filter(entry => entry.isDirectory() && !/^(\.|node_modules$)/.test(entry.name))
          .map(({ name }) => (at === '' ? name : `${at}/${name}`))
          .sort()
      : []
  const own = folders('')
  const inside = own.filter(path => existsSync(join(folder, path, manifestName))).flatMap(folders)
  return [...own, ...inside]
    .filter(path => existsSync(join(folder, path, manifestName)))
    .map(path => {
      const read = (name: string) => JSON.parse(readFileSync(join(folder, path, name), 'utf8'))
      const readIfThere = (name: string) => (existsSync(join(folder, path, name)) ? read(name) : {})
      return {
        ...{ path, facts: read(manifestName) },
        ...{ packageName: readIfThere('package.json').name, twinPackage: readIfThere('quality.json').twin?.name },
      }
    })
}

export function indexOf(found: readonly FoundModel[]): { readonly models: readonly ZooModel[] } {
  const known = new Set(found.map(({ path }) => path))
  const models = found.map(({ path, facts, twinPackage }): ZooModel => {
    const { image, labels, sampler, source, training, description, files } = facts
    const measured = twinPackage === undefined ? undefined : found.find(other => other.packageName === twinPackage)
    const twin = measured?.path ?? [`${path}-rectified-flow`, `${path}/rectified-flow`].find(other => known.has(other))
    const denoisers = files.filter(({ role }) => role === 'denoiser')
    const weights = denoisers.find(({ dtype }) => dtype === 'float32') ?? denoisers[0]
    return {
      name: path.replaceAll('/', '-'),
      address: `${path}/${manifestName}`,
      twin: source === null || twin === undefined ? null : twin.replaceAll('/', '-'),
      description: description ?? '',
      bytes: weights?.bytes ?? 0,
      image: { channels: image.channels, height: image.height, width: image.width },
      ...{ labels, sampler },
      kappa: source?.kappa ?? null,
      dataset: training.dataset,
    }
  })
  // what the page opens first has a twin to compare with, and is there soon
  return { models: models.sort((a, b) => Number(b.twin !== null) - Number(a.twin !== null) || a.bytes - b.bytes) }
}

/** Files of each model that its manifest names. */
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
