/** The worker of the view: trains while it may, and tells the page how the flows are doing at fixed steps. */
import { type Experiment, experiment } from './experiment.ts'
import type { FromWorker, ToWorker } from './messages.ts'
import { startTfjs } from './tfjs.ts'

const tell = (message: FromWorker) => postMessage(message)

let wanted: ToWorker = { run: 0, settings: null, until: 0 }
let wake = () => {}

/** By steps, not by the clock, so that a run's charts are the same each time. */
const isDue = (step: number) => (step < 20 ? step % 5 === 0 : step < 200 ? step % 10 === 0 : step % 20 === 0)

/** Lets messages in, now and then: browsers make nested timers wait. */
let freeUntil = 0
async function maybeNextTask(): Promise<void> {
  if (performance.now() < freeUntil) return
  await new Promise<void>(resolve => setTimeout(resolve))
  freeUntil = performance.now() + 25
}

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  wanted = data
  wake()
})

async function work(): Promise<never> {
  await startTfjs()
  let run = 0
  let current: Experiment | undefined
  for (;;) {
    if (wanted.run !== run && wanted.settings !== null) {
      current?.dispose()
      run = wanted.run
      current = experiment(wanted.settings)
      tell({ run, scene: current.scene, snapshot: await current.measure() })
    } else if (current !== undefined && current.step < wanted.until) {
      current.train()
      if (isDue(current.step)) tell({ run, snapshot: await current.measure() })
      await maybeNextTask()
    } else {
      await new Promise<void>(resolve => {
        wake = resolve
      })
    }
  }
}

work().catch(error => tell({ failed: error instanceof Error ? error.message : String(error) }))
