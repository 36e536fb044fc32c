import { isAdaptive, type SamplerModel, solverNames } from '@mixflow/core'
import { resolveRequest } from '@mixflow/core/internal'
import { expect, it } from 'vitest'
import { readValues } from '../url/fields.ts'
import { fields, type ModelFacts, nfesOf, requestOf, resolveState } from './request.ts'

const model: SamplerModel = {
  image: { channels: 1, height: 2, width: 2 },
  labels: { count: 3 },
  source: null,
  sampler: { solver: 'heun', steps: 3, guidance: 1, mixtureWeight: 0 },
}
const facts: ModelFacts = { defaults: model.sampler, labels: model.labels, mixtureWeight: false }
const state = (query: string) => readValues(fields, new URLSearchParams(query))

it('unchanged settings are the model’s defaults', () => {
  expect(resolveState(state(''), facts)).toEqual({
    ...{ solver: 'heun', nfe: 5, label: undefined, guidance: 1, mixtureWeight: 0 },
  })
  expect(requestOf(state('seed=7&count=4'), facts)).toEqual({
    ...{ count: 4, seed: 7, solver: 'heun', nfe: 5, guidance: 1, label: [0, 1, 2, 0] },
  })
})

it('a link’s class is passed as name or index; a model without classes gets none', () => {
  const names = ['cat', 'Café', '1']
  const named = { ...model, labels: { count: 3, names } }
  const indexOf = (query: string) =>
    resolveRequest(requestOf(state(query), { ...facts, labels: named.labels }), named).labels![0]
  const links = ['label=cat', 'label=caf%C3%A9', 'label=cafe%CC%81', 'label=2', 'label=name:1', 'label=index:1']
  expect(links.map(indexOf)).toEqual([0, 1, 1, 2, 2, 1])
  expect(() => indexOf('label=1')).toThrow(/both the name of class 2 and the index/)
  expect(() => indexOf('label=dog')).toThrow(/no class "dog"/)
  expect(() => indexOf('label=3')).toThrow(/no class "3"/)
  const without = requestOf(state('label=1&guidance=2&w=0.5'), { ...facts, labels: null })
  expect(Object.keys(without).sort()).toEqual(['count', 'nfe', 'seed', 'solver'])
})

it('guidance of a link is ignored for a model that requires a label', () => {
  const always = { count: 3, required: true }
  const request = requestOf(state('guidance=2'), { ...facts, labels: always })
  expect(request.guidance).toBe(0)
  const requiring = { ...model, labels: always, sampler: { ...model.sampler, guidance: 0 } }
  expect(resolveRequest(request, requiring).guidance).toBe(0)
})

it.each(solverNames.flatMap(solver => [0, 1, 2, 4, 9, 1000].map(nfe => [solver, nfe] as const)))(
  'every link is a valid request: %s, %i',
  (solver, nfe) => {
    const request = requestOf(state(`solver=${solver}&nfe=${nfe}`), facts)
    const { steps } = resolveRequest(request, model)
    expect(steps === undefined).toBe(isAdaptive(solver))
    for (const offered of nfesOf(solver)) resolveRequest({ ...request, nfe: offered }, model)
  },
)
