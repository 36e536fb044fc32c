/** The models on the page's host, as the build lists them in `models/index.json`. */
import type { ImageShape, Labels, Manifest } from '@mixflow/core'

export interface ServedModel {
  /** Name of its folder; also its name in the page's URL. */
  readonly name: string
  /** URL of its mixflow.json, relative to the list. */
  readonly address: string
  /** Name of the same model trained as a rectified flow; null if there is none. */
  readonly baseline: string | null
  readonly description: string
  /** Size of the denoiser, in float32 if it has that precision. */
  readonly bytes: number
  readonly image: ImageShape
  readonly labels: Labels | null
  readonly sampler: Manifest['sampler']
  /** null: a rectified flow. */
  readonly kappa: string | null
  readonly dataset: string
}

const folder = 'models/'
const list = () => new URL(`${folder}index.json`, document.baseURI)

/** Returns an empty list if the page was built without models. */
export async function fetchServedModels(): Promise<readonly ServedModel[]> {
  const response = await fetch(list()).catch(() => null)
  if (response === null || !response.ok) return []
  const { models } = (await response.json().catch(() => ({}))) as { readonly models?: readonly ServedModel[] }
  return Array.isArray(models) ? models : []
}

export const manifestUrl = ({ address }: ServedModel): URL => new URL(address, list())

/** Path of its folder, relative to the page. */
export const folderPath = ({ address }: ServedModel): string => folder + address.replace(/mixflow\.json$/, '')
