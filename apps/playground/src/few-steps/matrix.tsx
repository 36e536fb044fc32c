/** The matrix: for each number of evaluations the pictures of both models, one seed a column. */
import { PictureView } from '../parts/picture.tsx'
import { budgets, type Compared, type ComparedSolver, sides, sideTitles, solverFor } from './compare.ts'

export interface MatrixProps {
  readonly compared: Compared
  readonly count: number
  readonly solver: ComparedSolver
  readonly image: { readonly width: number; readonly height: number }
}

export function Matrix({ compared: { results }, count, solver, image: { width, height } }: MatrixProps) {
  return (
    <div className="matrix" data-count={count}>
      {budgets.map((nfe, row) => (
        <section key={nfe} className="matrix-row" aria-label={`${nfe} evaluations`}>
          <h2>
            <span>
              {nfe} <abbr title="number of function evaluations">NFE</abbr>
            </span>
            {solverFor(solver, nfe) !== solver && <span className="matrix-note">Euler</span>}
          </h2>
          {sides.map(side => (
            <figure key={side} className={side}>
              <figcaption>{sideTitles[side]}</figcaption>
              <div className="strip" style={{ gridTemplateColumns: `repeat(${count}, minmax(0, 1fr))` }}>
                {Array.from({ length: count }, (_, i) => (
                  <PictureView
                    key={i}
                    image={results[row]?.[side]?.images[i]}
                    {...{ width, height }}
                    name={`${sideTitles[side]}, ${nfe} evaluations, picture ${i}`}
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
