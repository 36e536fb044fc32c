/** The models that the page is served with, as its build listed them in `models/index.json`. */
import type { ImageShape, Labels, Manifest } from '@mixflow/core'

export interface ZooModel {
  /** Of its folder; in addresses. */
  readonly name: string
  /** Of its mixflow.json, relative to the list. */
  readonly address: string
  /** Name of the same model trained as a rectified flow; null for none. */
  readonly twin: string | null
  readonly description: string
  /** Of the denoiser's weights: in float32, or in float16 where it has these alone. */
  readonly bytes: number
  readonly image: ImageShape
  readonly labels: Labels | null
  readonly sampler: Manifest['sampler']
  /** null: a rectified flow. */
  readonly kappa: string | null
  readonly dataset: string
}

export type Zoo = readonly ZooModel[]

const folder = 'models/'
const list = () => new URL(`${folder}index.json`, document.baseURI)

/** Empty where the page was built without models. */
export async function readZoo(): Promise<Zoo> {
  const response = await fetch(list()).catch(() => null)
  if (response === null || !response.ok) return []
  const { models } = (await response.json().catch(() => ({}))) as { readonly models?: Zoo }
  return Array.isArray(models) ? models : []
}

export const addressOfZooModel = ({ address }: ZooModel): URL => new URL(address, list())

/** Its folder, relative to the page: short enough to be read in the page's address. */
export const folderOfZooModel = ({ address }: ZooModel): string => folder + address.replace(/mixflow\.json$/, '')
