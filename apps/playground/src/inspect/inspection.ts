/**
 * Inspects a model: its manifest, its card with images, and whether its networks load. Each result is reported as soon as it is there, and
 * an error in one step does not affect the others.
 */
import type { Manifest, ManifestFile, ModelPackage } from '@mixflow/core'
import { readManifest, remoteModel } from '@mixflow/core/internal'
import { type LoadProgress, loadModel, type WebModel } from '@mixflow/sdk-web'
import type { TaskContext } from '../parts/use-task.ts'

export interface Card {
  /** Markdown. */
  readonly text: string
  /** Path in the model -> URL of the verified file. */
  readonly images: Readonly<Record<string, string>>
}

export interface Inspection {
  readonly manifest: Manifest | undefined
  readonly card: Card | undefined
  readonly progress: LoadProgress | undefined
  readonly model: WebModel | undefined
  /** Step -> its error. */
  readonly errors: Readonly<Partial<Record<'manifest' | 'card' | 'model', unknown>>>
}

export const notInspected: Inspection = {
  manifest: undefined,
  card: undefined,
  progress: undefined,
  model: undefined,
  errors: {},
}

export interface InspectionRequest {
  /** Opens what the visitor has named; `release` is called when another model is opened. */
  readonly open: () => Promise<{ readonly from: URL | ModelPackage; readonly release?: () => void }>
}

const maxCardBytes = 1e6
const maxImageBytes = 2e7

const isImage = ({ role, path, bytes }: ManifestFile) =>
  (role === 'grid' || role === 'report') && path.endsWith('.png') && bytes <= maxImageBytes

export async function inspect({ open }: InspectionRequest, { signal, update }: TaskContext<Inspection>): Promise<void> {
  update(notInspected)
  let errors: Inspection['errors'] = {}
  const attempt = async (step: keyof Inspection['errors'], work: () => Promise<Partial<Inspection>>) => {
    try {
      update(await work())
    } catch (error) {
      errors = { ...errors, [step]: error }
      update({ errors })
    }
  }
  const onAbort = (release: () => unknown) =>
    signal.aborted ? void release() : signal.addEventListener('abort', () => void release(), { once: true })

  await attempt('manifest', async () => {
    const { from, release } = await open()
    if (release !== undefined) onAbort(release)
    const folder = remoteModel(from, null)
    const manifest = await readManifest(folder, { signal, report: () => {} })
    update({ manifest })
    const read = (file: ManifestFile) => folder.readFile(file, { signal })
    const card = attempt('card', async () => {
      const file = manifest.files.find(({ role, bytes }) => role === 'card' && bytes <= maxCardBytes)
      if (file === undefined) return {}
      const text = new TextDecoder().decode(await read(file))
      const images: Record<string, string> = {}
      for (const entry of manifest.files.filter(isImage)) {
        const bytes = (await read(entry)) as Uint8Array<ArrayBuffer>
        images[entry.path] = URL.createObjectURL(new Blob([bytes], { type: 'image/png' }))
      }
      onAbort(() => Object.values(images).forEach(URL.revokeObjectURL))
      return { card: { text, images } }
    })
    const networks = attempt('model', async () => {
      const model = await loadModel(from, { signal, onProgress: progress => update({ progress }) })
      onAbort(() => model.dispose())
      return { model }
    })
    await Promise.all([card, networks])
    return {}
  })
}
