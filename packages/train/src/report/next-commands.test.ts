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

it.skipIf(process.platform === 'win32')('survives a shell with any name of a folder', () => {
  const folder = `runs/it's $HOME; \`id\` "x" *`
  const [command] = commands({ program: 'printf %s\\\\n', folder })
  expect(execFileSync('sh', ['-c', command as string], { encoding: 'utf8' }).split('\n')).toEqual([
    'export',
    folder,
    '',
  ])
})
