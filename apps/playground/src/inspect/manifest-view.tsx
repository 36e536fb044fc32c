/** The manifest of a model: facts, measured quality, and files. */
import type { Manifest } from '@mixflow/core'
import type { ReactNode } from 'react'
import { ScrollTable } from '../parts/scroll-table.tsx'
import { formatBytes, formatCount } from '../parts/units.ts'

export function ManifestView({ manifest }: { readonly manifest: Manifest }) {
  const { files, quality } = manifest
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0)
  return (
    <>
      <section className="panel" aria-labelledby="facts">
        <h2 id="facts">{manifest.name}</h2>
        {manifest.description !== undefined && <p className="muted">{manifest.description}</p>}
        <table className="facts" aria-label="Facts">
          <tbody>
            {factsOf(manifest).map(([name, value]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{value}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>

      <section className="panel" aria-labelledby="quality">
        <h2 id="quality">Measured quality</h2>
        {quality.length === 0 ? (
          <p className="muted">
            Not measured. <code>mixflow evaluate</code> measures it.
          </p>
        ) : (
          <ScrollTable label="Quality table">
            <Head titles={['Metric', 'Value', 'NFE', 'Solver', 'Images']} />
            <tbody>
              {quality.map(({ metric, value, nfe, solver, guidance, n }) => (
                <tr key={`${metric} ${nfe} ${solver} ${guidance} ${n}`}>
                  <td>{metric}</td>
                  <td>{Number(value.toPrecision(4))}</td>
                  <td>{nfe}</td>
                  <td>{guidance ? `${solver}, guidance ${guidance}` : solver}</td>
                  <td>{formatCount(n)}</td>
                </tr>
              ))}
            </tbody>
          </ScrollTable>
        )}
      </section>

      <section className="panel" aria-labelledby="files">
        <h2 id="files">
          {files.length} files, {formatBytes(total)}
        </h2>
        <ScrollTable label="File table">
          <Head titles={['File', 'Role', 'Size', 'SHA-256']} />
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
        </ScrollTable>
      </section>
    </>
  )
}

const Head = ({ titles }: { readonly titles: readonly string[] }) => (
  <thead>
    <tr>
      {titles.map(title => (
        <th key={title} scope="col">
          {title}
        </th>
      ))}
    </tr>
  </thead>
)

type Fact = readonly [name: string, value: ReactNode]

function factsOf({ image, labels, source, sampler, training, licence, created, parity }: Manifest): readonly Fact[] {
  const { solver, nfe, steps, guidance } = sampler
  const budget = nfe !== undefined ? `, NFE ${nfe}` : steps !== undefined ? `, ${steps} steps` : ''
  const errors = Object.entries(parity).map(([dtype, measured]) => `${dtype} ${measured.maxAbsError.toPrecision(2)}`)
  return [
    [
      'Images',
      `${image.width} × ${image.height}, ${image.channels === 1 ? 'greyscale' : `${image.channels} channels`}`,
    ],
    ['Classes', labels === null ? 'none' : (labels.names?.join(', ') ?? String(labels.count))],
    [
      'Source',
      source === null
        ? 'plain noise (rectified flow)'
        : `κ: ${source.kappa}, mixing: ${source.mixing}, KL weight β: ${source.klWeight}`,
    ],
    ['Default sampler', `${solver}${budget}${guidance > 0 ? `, guidance ${guidance}` : ''}`],
    ['Parameters', formatCount(training.parameters)],
    ['Training data', `${training.dataset}, ${formatCount(training.imagesSeen)} images seen`],
    ...(training.attribution === undefined ? [] : [['Attribution', training.attribution] as const]),
    ['Training command', <code key="command">{training.command}</code>],
    ['Maximum export error', errors.join(', ')],
    ['License', licence],
    ['Created', new Date(created).toLocaleDateString('en', { dateStyle: 'long', timeZone: 'UTC' })],
  ]
}
