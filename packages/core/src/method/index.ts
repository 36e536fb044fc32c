/** The mathematics: sources, paths, the training objective, ODE solvers, counter-based randomness. */
export { type Algebra, float32Algebra } from './algebra.ts'
export { type Coupling, couplings, optimalCoupling, reorder } from './flow/coupling.ts'
export { type Curvature, type CurvatureOptions, curvature } from './flow/curvature.ts'
export { type DrawRange, type Draws, mapDraws } from './flow/draws.ts'
export {
  type Condition,
  type Denoiser,
  type Objective,
  type ObjectiveInput,
  type ObjectiveResult,
  type ObjectiveSpec,
  objective,
} from './flow/objective.ts'
export { type Path, type PathPoint, straightPath } from './flow/path.ts'
export { type ErrorScale, float32Space, float64Space, type LinearSpace, type LinearTerm } from './linear-space.ts'
export { type AdaptiveOptions, type AdaptiveSolution, solveAdaptive } from './ode/adaptive.ts'
export { type Solution, type SolveOptions, type SolverStep, solve, type Velocity } from './ode/solve.ts'
export {
  type AdaptiveSolverName,
  type FixedSolver,
  type FixedSolverName,
  fixedSolvers,
  isAdaptive,
  nfeOf,
  type SolverName,
  solverNames,
  stepsOf,
} from './ode/solver.ts'
export type { EmbeddedTableau, Tableau } from './ode/tableau.ts'
export { type TimeGrid, timeGrid } from './ode/time-grid.ts'
export {
  type DrawShape,
  integers,
  maxSeed,
  normals,
  permutation,
  type RandomKey,
  uniforms,
} from './random/random.ts'
export type { Stream } from './random/streams.ts'
export { drawGaussian, klDivergence, type StandardNormal, standardNormal } from './source/gaussian.ts'
export {
  type Encoder,
  type EncoderOutputs,
  type GaussianKind,
  gaussianKinds,
  type Kappa,
  type KappaFc,
  type KappaFcOptions,
  kappaFc,
  kappas,
} from './source/kappa-fc.ts'
export {
  type Mixing,
  type Mixture,
  type MixtureOptions,
  type MixtureWeightRule,
  mixDistributions,
  mixings,
  mixture,
} from './source/mixture.ts'
export type { Gaussian, Source, SourceDrawName, SourceDraws, SourceInput, SourceSample } from './source/source.ts'
