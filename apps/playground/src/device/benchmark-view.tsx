/** The benchmark, with a table that can be copied into an issue. */
import { Button } from '@base-ui/react/button'
import { useState } from 'react'
import { ModelChoice } from '../models/model-choice.tsx'
import { modelSource } from '../models/model-source.ts'
import { OpenModel } from '../models/model-source-form.tsx'
import { useServedModels } from '../models/use-model.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { Problem } from '../parts/problem.tsx'
import { useTask } from '../parts/use-task.ts'
import {
  type BenchmarkRequest,
  benchmark,
  benchmarkNfe,
  benchmarkRow,
  benchmarkTable,
  benchmarkTitles,
  notMeasured,
} from './benchmark.ts'
import { reportOf } from './describe.ts'
import type { Machine } from './machine.ts'

export function BenchmarkView({ machine }: { readonly machine: Machine }) {
  const served = useServedModels()
  const [id, setId] = useState('')
  const [request, setRequest] = useState<BenchmarkRequest | null>(null)
  const { values, status, error, stop } = useTask(request, notMeasured, benchmark)
  const { measured, stage } = values
  const isRunning = status === 'running'

  const start = () =>
    setRequest({
      from: () => modelSource(id, served ?? [])!.from,
      devices: machine.choice.gpu === null ? ['wasm'] : ['webgpu', 'wasm'],
    })
  const report = () =>
    `${reportOf(machine)}\nModel ${measured[0]?.model}, NFE ${benchmarkNfe}:\n\n${benchmarkTable(measured)}\n`
  return (
    <section className="panel benchmark" aria-labelledby="benchmark">
      <h2 id="benchmark">Benchmark</h2>
      <p className="muted">
        Measures how fast a model samples on each device: {benchmarkNfe} Euler steps, median of five runs. Close other
        programs first.
      </p>
      {served?.length === 0 && id === '' ? (
        <OpenModel onChange={setId} />
      ) : (
        <div className="benchmark-row">
          <ModelChoice label="Model" value={id} served={served} onChange={setId} />
          {isRunning ? (
            <Button className="button" onClick={stop}>
              Stop
            </Button>
          ) : (
            <Button className="button primary" disabled={served === undefined} onClick={start}>
              Run benchmark
            </Button>
          )}
          {measured.length > 0 && !isRunning && <CopyButton title="Copy results" text={report} />}
          <span className="muted" role="status">
            {isRunning && stage}
          </span>
        </div>
      )}
      {error !== null && <Problem error={error} title="The benchmark failed" />}
      {measured.length > 0 && (
        <DataTable label="Benchmark results" titles={benchmarkTitles} rows={measured.map(benchmarkRow)} hasRowHeaders />
      )}
    </section>
  )
}
