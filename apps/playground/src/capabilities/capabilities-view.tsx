/** Capabilities: where models would run on this machine, why, and what decides it. */
import { useEffect, useState } from 'react'
import { deviceWishes, wantDevice, wantedDevice } from '../models/device.ts'
import { Choice } from '../parts/choice.tsx'
import { CopyButton } from '../parts/copy-button.tsx'
import { Problem } from '../parts/problem.tsx'
import { BenchmarkView } from './benchmark-view.tsx'
import './capabilities.css'
import { describeChoice, describeMachine, reportOf } from './describe.ts'
import { lookAround, type Machine } from './machine.ts'

export default function CapabilitiesView() {
  const [machine, setMachine] = useState<Machine | null>(null)
  const [error, setError] = useState<unknown>(null)
  useEffect(() => {
    let isWanted = true
    lookAround().then(
      found => isWanted && setMachine(found),
      failure => isWanted && setError(failure),
    )
    return () => {
      isWanted = false
    }
  }, [])

  return (
    <div className="capabilities">
      <header className="lead">
        <h1>What this machine can do</h1>
        <p>
          Models run in your browser: on the graphics processor by WebGPU where there is one, else on the processor by
          WebAssembly. This is what would be chosen here.
        </p>
      </header>
      {error !== null && <Problem error={error} title="The devices cannot be told" />}
      {machine !== null ? <Found machine={machine} /> : <p className="loading">Looking …</p>}
    </div>
  )
}

function Found({ machine }: { readonly machine: Machine }) {
  const { title, reason } = describeChoice(machine)
  return (
    <>
      <section className="panel chosen" aria-label="The choice">
        <h2>{title}</h2>
        <p>{reason}</p>
        <DeviceChoice />
      </section>
      <section className="panel">
        <div className="heading">
          <h2 id="facts">What decides it</h2>
          <CopyButton title="Copy for an issue" text={() => reportOf(machine)} />
        </div>
        <ul className="found" aria-labelledby="facts">
          {describeMachine(machine).map(({ name, value, meaning, isGood }) => (
            <li key={name} className={isGood ? 'good' : 'lacking'}>
              <svg viewBox="0 0 16 16" aria-hidden="true">
                {isGood ? <path d="m3 8.5 3.2 3.2L13 4.8" /> : <path d="M4 8h8" />}
              </svg>
              <span className="found-name">{name}</span>
              <span className="found-value">{value}</span>
              <span className="found-meaning">{meaning}</span>
            </li>
          ))}
        </ul>
        <p className="muted browser">{machine.browser}</p>
      </section>
      <BenchmarkView machine={machine} />
    </>
  )
}

const deviceTitles = { auto: 'as chosen', webgpu: 'WebGPU', wasm: 'WebAssembly' } as const

function DeviceChoice() {
  const [device, setDevice] = useState(wantedDevice)
  return (
    <Choice
      label="In this page, models run on"
      value={device}
      options={deviceWishes.map(value => ({ value, title: deviceTitles[value] }))}
      onChange={next => {
        wantDevice(next)
        setDevice(next)
      }}
    />
  )
}
