/** The state of the view, all of which is in the URL. */
import { number, oneOf, text, type ValuesOf } from '../url/fields.ts'
import { shapes, shownSteps, type WeightRuleName, weightRules } from './training/run.ts'

export const fields = {
  data: oneOf(shapes, 'moons'),
  drawing: text('', 2000),
  seed: number({ min: 0, max: 999_999, whole: true, initial: 1 }),
  beta: number({ min: 0, max: 10, initial: 0.05 }),
  w: oneOf(Object.keys(weightRules) as WeightRuleName[], 'uniform'),
  shownW: number({ min: 0, max: 1, initial: 1 }),
  t: number({ min: 0, max: 1, initial: 0.5 }),
  steps: oneOf(shownSteps.map(String), '2'),
}

export type PathsState = ValuesOf<typeof fields>
