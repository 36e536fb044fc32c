/** A manifest as people read it: what the model is, how well it was measured, and the files with their hashes. */
import type { Manifest } from '@mixflow/core'
import { type Fact, Facts } from '../parts/facts.tsx'
import { formatBytes, formatCount } from '../parts/units.ts'

export function ManifestView({ manifest }: { readonly manifest: Manifest }) {
  const { files, quality } = manifest
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0)
  return (
    <>
      <section className="panel" aria-labelledby="facts">
        <h2 id="facts">{manifest.name}</h2>
        {manifest.description !== undefined && <p className="muted">{manifest.description}</p>}
        <Facts label="Facts" facts={factsOf(manifest)} />
      </section>

      <section className="panel" aria-labelledby="quality">
        <h2 id="quality">Measured quality</h2>
        {quality.length === 0 ? (
          <p className="muted">Nothing was measured; “mixflow evaluate” does.</p>
        ) : (
          <Scroll label="Table of measures">
            <thead>
              <tr>
                <th scope="col">Measure</th>
                <th scope="col">Value</th>
                <th scope="col">NFE</th>
                <th scope="col">Solver</th>
                <th scope="col">Images</th>
              </tr>
            </thead>
            <tbody>
              {quality.map(({ metric, value, nfe, solver, guidance, n }) => (
                <tr key={`${metric} ${nfe} ${solver} ${guidance} ${n}`}>
                  <td>{metric}</td>
                  <td>{Number(value.toPrecision(4))}</td>
                  <td>{nfe}</td>
                  <td>{guidance ? `${solver}, guided ${guidance}` : solver}</td>
                  <td>{formatCount(n)}</td>
                </tr>
              ))}
            </tbody>
          </Scroll>
        )}
      </section>

      <section className="panel" aria-labelledby="files">
        <h2 id="files">
          {files.length} files, {formatBytes(total)}
        </h2>
        <Scroll label="Table of files">
          <thead>
            <tr>
              <th scope="col">File</th>
              <th scope="col">What</th>
              <th scope="col">Size</th>
              <th scope="col">SHA-256</th>
            </tr>
          </thead>
          <tbody>
            {files.map(({ path, role, dtype, bytes, sha256 }) => (
              <tr key={path}>
                <td>{path}</td>
                <td>{[role, dtype].filter(part => part).join(', ')}</td>
                <td>{formatBytes(bytes)}</td>
                <td>
                  <code className="hash">{sha256}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </Scroll>
      </section>
    </>
  )
}

function Scroll({ label, children }: { readonly label: string; readonly children: React.ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section className="scroll" tabIndex={0} aria-label={label}>
      <table>{children}</table>
    </section>
  )
}

function factsOf({ image, labels, source, sampler, training, licence, created, parity }: Manifest): readonly Fact[] {
  const { solver, nfe, steps, guidance } = sampler
  const budget = nfe !== undefined ? `, ${nfe} evaluations` : steps !== undefined ? `, ${steps} steps` : ''
  const apart = Object.entries(parity).map(([dtype, measured]) => `${dtype} ${measured.maxAbsError.toPrecision(2)}`)
  return [
    ['Images', `${image.width} × ${image.height}, ${image.channels === 1 ? 'grey' : `${image.channels} channels`}`],
    ['Classes', labels === null ? 'none' : (labels.names?.join(', ') ?? String(labels.count))],
    [
      'Source',
      source === null
        ? 'plain noise (rectified flow)'
        : `κ is ${source.kappa}, ${source.mixing} mixed, β = ${source.klWeight}`,
    ],
    ['Sampling', `${solver}${budget}${guidance > 0 ? `, guidance ${guidance}` : ''}`],
    ['Parameters', formatCount(training.parameters)],
    ['Trained on', `${training.dataset}, ${formatCount(training.imagesSeen)} images seen`],
    ...(training.attribution === undefined ? [] : [['Attribution', training.attribution] as const]),
    ['Made by', <code key="command">{training.command}</code>],
    ['Differs from training by', apart.join(', ')],
    ['Licence', licence],
    ['Created', new Date(created).toLocaleDateString('en', { dateStyle: 'long', timeZone: 'UTC' })],
  ]
}
