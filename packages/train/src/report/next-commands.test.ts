import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { finishedRun } from './fixtures/report-data.ts'
import { nextCommands } from './next-commands.ts'

const commands = (facts: Partial<Parameters<typeof nextCommands>[0]>) =>
  nextCommands({ ...finishedRun, ...facts }).map(({ command }) => command)

it('exports, samples and trains longer after a finished run', () => {
  expect(commands({})).toEqual([
    'npx mixflow export runs/quickstart',
    'npx mixflow sample runs/quickstart/model --count 64 --nfe 5 --seed 7 --label one --out samples.png',
    'npx mixflow train quickstart --out runs/quickstart --resume --set totalImages=128000',
  ])
})

it('says that the rate of a run that is twice as long rises again', () => {
  const title = (decayFraction: number) =>
    nextCommands({ ...finishedRun, config: { ...finishedRun.config, decayFraction } }).at(-1)?.title
  expect(title(1 / 3)).toBe(
    'Train twice as long: the learning rate rises again from 6.00e-5 to 0.00300, and falls at the new end',
  )
  expect(title(0)).toBe('Train twice as long')
})

it('resumes a run that was interrupted', () => {
  expect(commands({ state: 'interrupted', preset: null, labels: null })).toEqual([
    'npx mixflow train --out runs/quickstart --resume',
    'npx mixflow export runs/quickstart',
    'npx mixflow sample runs/quickstart/model --count 64 --nfe 5 --seed 7 --out samples.png',
  ])
})

it('offers a lower rate to a run that failed', () => {
  expect(commands({ state: 'failed' })[1]).toBe(
    'npx mixflow train quickstart --out runs/quickstart-2 --set learningRate=0.0015',
  )
})

it('offers nothing that needs a checkpoint where there is none, and names the data of a new run', () => {
  const config = { ...finishedRun.config, data: './my photos' }
  expect(commands({ state: 'failed', preset: 'photos', config, hasCheckpoint: false })).toEqual([
    "npx mixflow train photos --data './my photos' --out runs/quickstart-2 --set learningRate=0.0015",
  ])
  expect(commands({ state: 'running', hasCheckpoint: false })).toEqual([])
})

it.skipIf(process.platform === 'win32')('survives a shell with any name of a folder', () => {
  const folder = `runs/it's $HOME; \`id\` "x" *`
  const [command] = commands({ program: 'printf %s\\\\n', folder })
  expect(execFileSync('sh', ['-c', command as string], { encoding: 'utf8' }).split('\n')).toEqual([
    'export',
    folder,
    '',
  ])
})
