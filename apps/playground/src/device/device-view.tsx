/** Device: on which device models run in this browser, and why. */

import { useEffect, useState } from 'react'
import { deviceOptions, preferredDevice, setPreferredDevice } from '../models/preferred-device.ts'
import { Choice } from '../parts/choice.tsx'
import { CopyButton } from '../parts/copy-button.tsx'
import { Lead } from '../parts/lead.tsx'
import { Problem } from '../parts/problem.tsx'
import { BenchmarkView } from './benchmark-view.tsx'
import './device.css'
import { describeChoice, describeMachine, deviceTitles, reportOf } from './describe.ts'
import { detectMachine, type Machine } from './machine.ts'

export default function DeviceView() {
  const [machine, setMachine] = useState<Machine | null>(null)
  const [error, setError] = useState<unknown>(null)
  useEffect(() => void detectMachine().then(setMachine, setError), [])

  return (
    <div className="device">
      <Lead title="Your device">
        Models run in your browser: on the GPU with WebGPU if your device supports it, otherwise on the CPU with
        WebAssembly.
      </Lead>
      {error !== null && <Problem error={error} title="Can’t detect the device" />}
      {machine !== null ? (
        <MachineView machine={machine} />
      ) : (
        error === null && <p className="loading">Checking your device…</p>
      )}
    </div>
  )
}

function MachineView({ machine }: { readonly machine: Machine }) {
  const { title, reason } = describeChoice(machine)
  return (
    <>
      <section className="panel chosen" aria-label="Selected device">
        <h2>{title}</h2>
        <p>{reason}</p>
        <DeviceChoice />
      </section>
      <section className="panel">
        <div className="heading">
          <h2 id="facts">Details</h2>
          <CopyButton title="Copy as Markdown" text={() => reportOf(machine)} />
        </div>
        <ul className="capability-list" aria-labelledby="facts">
          {describeMachine(machine).map(({ name, value, meaning, isGood }) => (
            <li key={name} className={isGood ? 'supported' : 'unsupported'}>
              <svg viewBox="0 0 16 16" aria-hidden="true">
                {isGood ? <path d="m3 8.5 3.2 3.2L13 4.8" /> : <path d="M4 8h8" />}
              </svg>
              <span className="capability-name">{name}</span>
              <span className="capability-value">{value}</span>
              <span className="capability-meaning">{meaning}</span>
            </li>
          ))}
        </ul>
        <p className="muted browser">{machine.browser}</p>
      </section>
      <BenchmarkView machine={machine} />
    </>
  )
}

const optionTitles = { auto: 'Automatic', ...deviceTitles }

function DeviceChoice() {
  const [device, setDevice] = useState(preferredDevice)
  return (
    <Choice
      label="Run models on"
      value={device}
      options={deviceOptions}
      titles={optionTitles}
      onChange={next => {
        setPreferredDevice(next)
        setDevice(next)
      }}
    />
  )
}
