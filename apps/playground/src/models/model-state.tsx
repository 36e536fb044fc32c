/** What stands in a view's place while its model is not there: none came with the page, it loads, it failed. */
import { Button } from '@base-ui/react/button'
import { Progress } from '@base-ui/react/progress'
import type { LoadProgress } from '@mixflow/sdk-web'
import { Problem } from '../parts/problem.tsx'
import { formatBytes } from '../parts/units.ts'
import { OpenModel } from './model-choice.tsx'
import type { ChosenModel } from './use-model.ts'

export interface ModelStateProps {
  readonly chosen: ChosenModel
  /** Of the model, where the view has several. */
  readonly name?: string
  readonly onChange: (word: string) => void
}

/** Nothing once the model is there. */
export function ModelState({ chosen, name = 'The model', onChange }: ModelStateProps) {
  const { model, error, progress, isNone, again } = chosen
  if (isNone) {
    return (
      <section className="no-model" aria-label="No model">
        <p className="muted">
          This page was built without models. Open one that <code>mixflow export</code> wrote: by the address of its
          folder on this host, or as a folder of this machine, which stays in this page.
        </p>
        <OpenModel isPanel onChange={onChange} />
      </section>
    )
  }
  if (error !== undefined) {
    return (
      <div className="model-problem">
        <Problem error={error} title={`${name} cannot be opened`} />
        <Button className="button" onClick={again}>
          Try again
        </Button>
      </div>
    )
  }
  return model === undefined ? <Loading name={name} progress={progress} /> : null
}

const Loading = ({ name, progress }: { readonly name: string; readonly progress: LoadProgress | undefined }) => (
  <Progress.Root className="progress" value={progress?.phase === 'files' ? Math.round(100 * progress.fraction) : null}>
    <Progress.Label className="control-label">{`${name}: ${progressText(progress)}`}</Progress.Label>
    <Progress.Track className="progress-track">
      <Progress.Indicator className="progress-done" />
    </Progress.Track>
  </Progress.Root>
)

export function progressText(progress: LoadProgress | undefined): string {
  switch (progress?.phase) {
    case 'files':
      return `networks, ${formatBytes(progress.bytes ?? 0)} of ${formatBytes(progress.totalBytes ?? 0)}`
    case 'session':
      return 'starting ONNX Runtime'
    default:
      return 'opening'
  }
}
