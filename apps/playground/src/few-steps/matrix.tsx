/** The images of both models, one row for each NFE and one column for each seed. */
import { ImageView } from '../parts/image-view.tsx'
import { methods, methodTitles } from '../paths/training/run.ts'
import { budgets, type ComparedSolver, type Comparison, solverFor } from './compare.ts'

export interface MatrixProps extends Pick<Comparison, 'results'> {
  readonly count: number
  readonly solver: ComparedSolver
  readonly image: { readonly width: number; readonly height: number }
}

export function Matrix({ results, count, solver, image: { width, height } }: MatrixProps) {
  return (
    <div className="matrix" data-count={count}>
      {budgets.map((nfe, row) => (
        <section key={nfe} className="matrix-row" aria-label={`NFE ${nfe}`}>
          <h2>
            <span>
              <abbr title="number of function evaluations">NFE</abbr> {nfe}
            </span>
            {solverFor(solver, nfe) !== solver && <span className="matrix-note">Euler</span>}
          </h2>
          {methods.map(method => (
            <figure key={method} className={method}>
              <figcaption>{methodTitles[method]}</figcaption>
              <div className="strip" style={{ gridTemplateColumns: `repeat(${count}, minmax(0, 1fr))` }}>
                {Array.from({ length: count }, (_, i) => (
                  <ImageView
                    key={i}
                    image={results[row]?.[method]?.images[i]}
                    {...{ width, height }}
                    name={`${methodTitles[method]}, NFE ${nfe}, image ${i}`}
                  />
                ))}
              </div>
            </figure>
          ))}
        </section>
      ))}
    </div>
  )
}
