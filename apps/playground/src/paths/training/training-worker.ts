/** The worker of the view: trains and sends snapshots to the page. */
import { type Experiment, experiment } from './experiment.ts'
import type { FromWorker, ToWorker } from './run.ts'
import { startTfjs } from './tfjs.ts'

const send = (message: FromWorker) => postMessage(message)

let request: ToWorker = { run: 0, settings: null, until: 0 }
let wake = () => {}

/** Depends on the step, not on the time, so that the charts of a run are reproducible. */
const isSnapshotDue = (step: number) => step % (step < 20 ? 5 : step < 200 ? 10 : 20) === 0

/** Yields to messages every 25 ms; not after every step, because browsers delay nested timers. */
let yieldAt = 0
async function maybeYield(): Promise<void> {
  if (performance.now() < yieldAt) return
  await new Promise<void>(resolve => setTimeout(resolve))
  yieldAt = performance.now() + 25
}

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  request = data
  wake()
})

async function work(): Promise<never> {
  await startTfjs()
  let run = 0
  let current: Experiment | undefined
  for (;;) {
    if (request.run !== run && request.settings !== null) {
      current?.dispose()
      run = request.run
      current = experiment(request.settings)
      send({ run, scene: current.scene, snapshot: await current.measure() })
    } else if (current !== undefined && current.step < request.until) {
      current.train()
      if (isSnapshotDue(current.step)) send({ run, snapshot: await current.measure() })
      await maybeYield()
    } else {
      await new Promise<void>(resolve => {
        wake = resolve
      })
    }
  }
}

work().catch(error => send({ failed: error instanceof Error ? error.message : String(error) }))
