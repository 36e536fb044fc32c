/** The training of the view: a worker for as long as the view is open, what it last told, and the numbers of the run so far. */
import { useEffect, useMemo, useRef, useState } from 'react'
import type { FromWorker, News, ToWorker } from './training/messages.ts'
import type { Method, Settings } from './training/settings.ts'
import type { FlowSnapshot, Scene, Snapshot } from './training/snapshot.ts'

/** After so many steps training pauses by itself; it may be continued for as many. */
const stretch = 1500

/** The numbers of a snapshot, which are kept for the charts. */
export interface Measures {
  readonly step: number
  readonly flows: Readonly<Record<Method, Pick<FlowSnapshot, 'distances' | 'curvature'>>>
}

export interface Training {
  /** What does not change in the run that `latest` is of; both null at first. */
  readonly scene: Scene | null
  readonly latest: Snapshot | null
  /** Of the run so far. */
  readonly measures: readonly Measures[]
  readonly isRunning: boolean
  readonly failure: string | null
  setRunning(running: boolean): void
  /** From the beginning, with the same settings. */
  reset(): void
}

interface Told extends Pick<Training, 'scene' | 'latest' | 'measures'> {
  readonly run: number
}

const nothing: Told = { run: 0, scene: null, latest: null, measures: [] }

export function useTraining(settings: Settings): Training {
  const worker = useRef<Worker>(null)
  const [resets, setResets] = useState(0)
  const [until, setUntil] = useState(stretch)
  const [isWanted, setWanted] = useState(true)
  const [told, setTold] = useState<Told>(nothing)
  const [failure, setFailure] = useState<string | null>(null)
  const isHidden = useIsHidden()
  const run = useRun(settings, resets)
  const step = told.run === run ? (told.latest?.step ?? 0) : 0
  const isRunning = isWanted && step < until

  useEffect(() => {
    const mine = new Worker(new URL('./training/training-worker.ts', import.meta.url), {
      type: 'module',
      name: 'paths',
    })
    worker.current = mine
    mine.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
      if ('failed' in data) setFailure(data.failed)
      else setTold(before => heard(before, data))
    })
    mine.addEventListener('error', event => setFailure(event.message || 'its script could not be loaded'))
    return () => mine.terminate()
  }, [])

  useEffect(() => {
    const message: ToWorker = { run, settings, until: isWanted && !isHidden ? until : 0 }
    worker.current!.postMessage(message)
  }, [run, settings, until, isWanted, isHidden])

  useEffect(() => setUntil(stretch), [run])

  return {
    ...{ scene: told.scene, latest: told.latest, measures: told.measures },
    isRunning,
    failure,
    setRunning(running) {
      setWanted(running)
      if (running && step >= until) setUntil(step + stretch)
    },
    reset() {
      setResets(count => count + 1)
      setWanted(true)
    },
  }
}

/** A run that has just begun leaves the pictures of the one before until it has some of its own. */
function heard(before: Told, { run, scene, snapshot }: News): Told {
  if (scene === undefined && run !== before.run) return before
  const numbers = ({ distances, curvature }: FlowSnapshot) => ({ distances, curvature })
  const { step, flows } = snapshot
  const measures = {
    step,
    flows: { 'rectified-flow': numbers(flows['rectified-flow']), mixflow: numbers(flows.mixflow) },
  }
  return {
    run,
    scene: scene ?? before.scene,
    latest: snapshot,
    measures: [...(scene === undefined ? before.measures : []), measures],
  }
}

/** A number for each combination of settings and resets that was met. */
function useRun(settings: Settings, resets: number): number {
  const run = useRef(0)
  return useMemo(() => ++run.current, [settings, resets])
}

/** Whether nobody can see the page; then nothing needs to be trained. */
function useIsHidden(): boolean {
  const [isHidden, setHidden] = useState(document.hidden)
  useEffect(() => {
    const look = () => setHidden(document.hidden)
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [])
  return isHidden
}
