/** The manifest of a model: facts, measured quality, and files. */
import type { Manifest } from '@mixflow/core'
import type { ReactNode } from 'react'
import { DataTable } from '../parts/data-table.tsx'
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
          <DataTable
            label="Quality table"
            titles={['Metric', 'Value', 'NFE', 'Solver', 'Images']}
            rows={quality.map(({ metric, value, nfe, solver, guidance, n }) => [
              metric,
              Number(value.toPrecision(4)),
              nfe,
              guidance ? `${solver}, guidance ${guidance}` : solver,
              formatCount(n),
            ])}
          />
        )}
      </section>

      <section className="panel" aria-labelledby="files">
        <h2 id="files">
          {files.length} files, {formatBytes(total)}
        </h2>
        <DataTable
          label="File table"
          titles={['File', 'Role', 'Size', 'SHA-256']}
          rows={files.map(({ path, role, dtype, bytes, sha256 }) => [
            path,
            [role, dtype].filter(part => part).join(', '),
            formatBytes(bytes),
            <code key="hash" className="hash">
              {sha256}
            </code>,
          ])}
        />
      </section>
    </>
  )
}

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
