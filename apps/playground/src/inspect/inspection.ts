/**
 * What is found out about a model, in this order: its manifest, its card and pictures, then whether its networks load and sample.
 * Each step is told as soon as it is done; what fails does not take away what is known already.
 */
import type { Manifest, ManifestFile, ModelPackage } from '@mixflow/core'
import { readManifest, remoteModel } from '@mixflow/core/internal'
import { type LoadProgress, loadModel, type WebModel } from '@mixflow/sdk-web'

export interface Card {
  /** Markdown. */
  readonly text: string
  /** Path of a picture in the model -> address of the verified file. */
  readonly pictures: Readonly<Record<string, string>>
}

export interface Inspection {
  readonly manifest?: Manifest
  readonly card?: Card | null
  readonly progress?: LoadProgress
  readonly model?: WebModel
  /** What the step failed with. */
  readonly errors: Readonly<Partial<Record<'manifest' | 'card' | 'model', unknown>>>
}

/** Cards are text; larger ones are not read. */
const maxCardBytes = 1e6
const maxPictureBytes = 2e7

const isPicture = ({ role, path, bytes }: ManifestFile) =>
  (role === 'grid' || role === 'report') && path.endsWith('.png') && bytes <= maxPictureBytes

/** Tells what it finds until it is done or the signal ends it. */
export async function inspect(
  place: URL | ModelPackage,
  { signal, tell }: { readonly signal: AbortSignal; readonly tell: (found: Inspection) => void },
): Promise<void> {
  let found: Inspection = { errors: {} }
  const add = (more: Partial<Inspection>) => {
    found = { ...found, ...more }
    if (!signal.aborted) tell(found)
  }
  const failed = (step: keyof Inspection['errors']) => (error: unknown) =>
    add({ errors: { ...found.errors, [step]: error } })

  const folder = remoteModel(place, null)
  let manifest: Manifest
  try {
    manifest = await readManifest(folder, { signal, report: () => {} })
  } catch (error) {
    return failed('manifest')(error)
  }
  add({ manifest })

  const read = (file: ManifestFile) => folder.readFile(file, { signal })
  const card = async () => {
    const file = manifest.files.find(({ role, bytes }) => role === 'card' && bytes <= maxCardBytes)
    if (file === undefined) return add({ card: null })
    const text = new TextDecoder().decode(await read(file))
    const pictures: Record<string, string> = {}
    for (const entry of manifest.files.filter(isPicture)) {
      const bytes = (await read(entry)) as Uint8Array<ArrayBuffer>
      pictures[entry.path] = URL.createObjectURL(new Blob([bytes], { type: 'image/png' }))
    }
    signal.addEventListener('abort', () => Object.values(pictures).forEach(URL.revokeObjectURL), { once: true })
    add({ card: { text, pictures } })
  }
  const model = async () => {
    const loaded = await loadModel(place, { signal, onProgress: progress => add({ progress }) })
    signal.addEventListener('abort', () => void loaded.dispose(), { once: true })
    if (signal.aborted) await loaded.dispose()
    else add({ model: loaded })
  }
  await Promise.all([card().catch(failed('card')), model().catch(failed('model'))])
}
