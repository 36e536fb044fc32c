import { Progress } from '@base-ui/react/progress'
import type { LoadProgress } from '@mixflow/sdk-web'
import { formatBytes } from './units.ts'

export interface ProgressBarProps {
  /** 0..1; null: unknown. */
  readonly value: number | null
  /** Shown above the bar. */
  readonly label?: string
  /** For screen readers, if there is no label. */
  readonly name?: string
  readonly isThin?: boolean
}

export function ProgressBar({ value, label, name, isThin = false }: ProgressBarProps) {
  return (
    <Progress.Root className="progress" value={value === null ? null : Math.round(100 * value)} aria-label={name}>
      {label !== undefined && <Progress.Label className="control-label">{label}</Progress.Label>}
      <Progress.Track className={isThin ? 'progress-track thin' : 'progress-track'}>
        <Progress.Indicator className="progress-indicator" />
      </Progress.Track>
    </Progress.Root>
  )
}

/** Progress of loading a model. */
export function LoadingBar({ name, progress }: { readonly name: string; readonly progress: LoadProgress | undefined }) {
  const { phase, fraction = 0, bytes = 0, totalBytes = 0 } = progress ?? {}
  const texts = {
    manifest: 'opening…',
    files: `downloading ${formatBytes(bytes)} of ${formatBytes(totalBytes)}`,
    session: 'starting ONNX Runtime…',
  }
  return <ProgressBar label={`${name}: ${texts[phase ?? 'manifest']}`} value={phase === 'files' ? fraction : null} />
}
