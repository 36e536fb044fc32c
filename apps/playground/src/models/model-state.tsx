/** What a view shows while it has no model: a form if none are served, progress, or an error. */
import { Button } from '@base-ui/react/button'
import { Problem } from '../parts/problem.tsx'
import { LoadingBar } from '../parts/progress-bar.tsx'
import { OpenModel } from './model-source-form.tsx'
import type { ChosenModel } from './use-model.ts'

export interface ModelStateProps {
  readonly chosen: ChosenModel
  /** For views with several models. Default: `'Model'`. */
  readonly name?: string
  /** Called with the ID of a model that the visitor has opened. */
  readonly onChange: (id: string) => void
}

/** Renders nothing once the model is loaded. */
export function ModelState({ chosen, name = 'Model', onChange }: ModelStateProps) {
  const { model, error, progress, isNone, retry } = chosen
  if (isNone) {
    return (
      <section className="no-model" aria-label="No model">
        <p className="muted">
          No models are installed on this page. Open one that <code>mixflow export</code> has written: enter the URL of
          its folder on this host, or choose a folder on your device. Its files are not uploaded.
        </p>
        <OpenModel isPanel onChange={onChange} />
      </section>
    )
  }
  if (error !== undefined) {
    return (
      <div className="model-problem">
        <Problem error={error} title={`${name}: loading failed`} />
        <Button className="button" onClick={retry}>
          Try again
        </Button>
      </div>
    )
  }
  return model === undefined ? <LoadingBar name={name} progress={progress} /> : null
}
