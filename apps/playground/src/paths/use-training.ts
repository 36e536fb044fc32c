/** The training of the view: a worker while the view is open, its latest report, and the measurements of the run. */
import { useEffect, useMemo, useRef, useState } from 'react'
import type { FlowSnapshot, FromWorker, Method, Report, Scene, Settings, Snapshot, ToWorker } from './training/run.ts'
import { forMethods } from './training/run.ts'

/** Training pauses after this many steps; resuming continues for as many. */
const stepsUntilPause = 1500

/** The measurements of a snapshot, for the charts. */
export interface Measures {
  readonly step: number
  readonly flows: Readonly<Record<Method, Pick<FlowSnapshot, 'distances' | 'curvature'>>>
}

export interface Training {
  /** Belongs to the run of `latest`; both are null at first. */
  readonly scene: Scene | null
  readonly latest: Snapshot | null
  readonly measures: readonly Measures[]
  readonly isRunning: boolean
  readonly failure: string | null
  setRunning(running: boolean): void
  /** Starts a new run with the same settings. */
  restart(): void
}

interface Reported extends Pick<Training, 'scene' | 'latest' | 'measures'> {
  readonly run: number
}

export function useTraining(settings: Settings): Training {
  const worker = useRef<Worker>(null)
  const [restarts, setRestarts] = useState(0)
  const [until, setUntil] = useState(stepsUntilPause)
  const [isPaused, setPaused] = useState(false)
  const [reported, setReported] = useState<Reported>({ run: 0, scene: null, latest: null, measures: [] })
  const [failure, setFailure] = useState<string | null>(null)
  const isHidden = useIsHidden()
  const run = useRun(settings, restarts)
  const { scene, latest, measures } = reported
  const step = reported.run === run ? (latest?.step ?? 0) : 0
  const isRunning = !isPaused && step < until

  useEffect(() => {
    const started = new Worker(new URL('./training/training-worker.ts', import.meta.url), {
      type: 'module',
      name: 'paths',
    })
    worker.current = started
    started.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
      if ('failed' in data) setFailure(data.failed)
      else setReported(before => withReport(before, data))
    })
    started.addEventListener('error', event => setFailure(event.message || 'its script could not be loaded'))
    return () => started.terminate()
  }, [])

  useEffect(() => {
    const message: ToWorker = { run, settings, until: isPaused || isHidden ? 0 : until }
    worker.current!.postMessage(message)
  }, [run, settings, until, isPaused, isHidden])

  useEffect(() => setUntil(stepsUntilPause), [run])

  return {
    scene,
    latest,
    measures,
    isRunning,
    failure,
    setRunning(running) {
      setPaused(!running)
      if (running && step >= until) setUntil(step + stepsUntilPause)
    },
    restart() {
      setRestarts(count => count + 1)
      setPaused(false)
    },
  }
}

/** The figures of the previous run remain until the first report of the new one. */
function withReport(before: Reported, { run, scene, snapshot }: Report): Reported {
  if (scene === undefined && run !== before.run) return before
  const { step, flows } = snapshot
  const flowMeasures = forMethods(method => {
    const { distances, curvature } = flows[method]
    return { distances, curvature }
  })
  const measures = { step, flows: flowMeasures }
  return {
    run,
    scene: scene ?? before.scene,
    latest: snapshot,
    measures: [...(scene === undefined ? before.measures : []), measures],
  }
}

/** Returns a new number whenever the settings or the number of restarts change. */
function useRun(settings: Settings, restarts: number): number {
  const run = useRef(0)
  return useMemo(() => ++run.current, [settings, restarts])
}

/** Whether the page is hidden; then training pauses. */
function useIsHidden(): boolean {
  const [isHidden, setHidden] = useState(document.hidden)
  useEffect(() => {
    const update = () => setHidden(document.hidden)
    document.addEventListener('visibilitychange', update)
    return () => document.removeEventListener('visibilitychange', update)
  }, [])
  return isHidden
}
