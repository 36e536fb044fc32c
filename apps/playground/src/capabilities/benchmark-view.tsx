/** The benchmark: a button, and a table that can be pasted into an issue. */
import { Button } from '@base-ui/react/button'
import { useEffect, useRef, useState } from 'react'
import { ModelChoice, OpenModel } from '../models/model-choice.tsx'
import { placeOf } from '../models/places.ts'
import { useZoo } from '../models/use-model.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { Problem } from '../parts/problem.tsx'
import { benchmark, benchmarkNfe, benchmarkTable, type Measured, ms } from './benchmark.ts'
import { reportOf } from './describe.ts'
import type { Machine } from './machine.ts'

export function BenchmarkView({ machine }: { readonly machine: Machine }) {
  const zoo = useZoo()
  const [word, setWord] = useState('')
  const [measured, setMeasured] = useState<readonly Measured[]>([])
  const [doing, setDoing] = useState<string | null>(null)
  const [error, setError] = useState<unknown>(null)
  const current = useRef<AbortController>(null)
  useEffect(() => () => current.current?.abort(), [])

  const measure = async () => {
    const controller = new AbortController()
    current.current = controller
    const { signal } = controller
    setMeasured([])
    setError(null)
    try {
      const place = placeOf(word, zoo ?? [])
      if (place === null) return
      for (const device of machine.choice.gpu === null ? (['wasm'] as const) : (['webgpu', 'wasm'] as const)) {
        const found = await benchmark(place.from, device, { signal, doing: setDoing })
        setMeasured(before => [...before, found])
      }
    } catch (failure) {
      if (!signal.aborted) setError(failure)
    } finally {
      setDoing(null)
    }
  }

  const isNone = zoo !== undefined && zoo.length === 0 && word === ''
  const report = () =>
    `${reportOf(machine)}\nModel ${measured[0]?.model}, ${benchmarkNfe} evaluations:\n\n${benchmarkTable(measured)}\n`
  return (
    <section className="panel benchmark" aria-labelledby="benchmark">
      <h2 id="benchmark">Benchmark</h2>
      <p className="muted">
        How fast a model samples here, on each device: {benchmarkNfe} Euler steps, the median of five. Close what else
        keeps the machine busy.
      </p>
      {isNone ? (
        <OpenModel onChange={setWord} />
      ) : (
        <div className="benchmark-row">
          <ModelChoice label="Model" value={word} zoo={zoo} onChange={setWord} />
          {doing === null ? (
            <Button className="button primary" disabled={zoo === undefined} onClick={() => void measure()}>
              Measure
            </Button>
          ) : (
            <Button className="button" onClick={() => current.current?.abort()}>
              Stop
            </Button>
          )}
          {measured.length > 0 && doing === null && <CopyButton title="Copy with the table" text={report} />}
          <span className="muted" role="status">
            {doing}
          </span>
        </div>
      )}
      {error !== null && <Problem error={error} title="The model cannot be measured" />}
      {measured.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        <section className="scroll" tabIndex={0} aria-label="Table of times">
          <table>
            <thead>
              <tr>
                <th scope="col">Device</th>
                <th scope="col">Opening</th>
                <th scope="col">First picture</th>
                <th scope="col">Alone</th>
                <th scope="col">16 at once, each</th>
              </tr>
            </thead>
            <tbody>
              {measured.map(({ device, dtype, opening, first, batches }) => (
                <tr key={device}>
                  <th scope="row">
                    {device} ({dtype})
                  </th>
                  <td>{ms(opening)}</td>
                  <td>{ms(first)}</td>
                  {batches.map(({ images, milliseconds }) => (
                    <td key={images}>{ms(milliseconds / images)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </section>
  )
}
