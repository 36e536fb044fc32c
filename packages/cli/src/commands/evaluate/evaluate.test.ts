/** The command in child processes: in one process, with several workers, and resumed after a kill. */

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { integers } from '@mixflow/core'
import { encodePng } from '@mixflow/train'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commandIn, type Ended } from '../../fixtures/run-command.ts'

const folder = mkdtempSync(join(tmpdir(), 'mixflow-cli-evaluate-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const extractor = join(import.meta.dirname, '../../../../../models/features-cifar10')
const mixflow = commandIn(folder)

/** A run of a few steps on small images. */
const settings = [
  ...['batchSize=8', 'totalImages=32', 'sampleEveryImages=1000', 'checkpointEveryImages=16'],
  ...['denoiser.options.channels=[8]', 'denoiser.options.attention=[]', 'encoder.options.channels=[8]'],
  ...['denoiser.options.headChannels=8', 'encoder.options.headChannels=8', 'labels=false', 'labelDropout=0'],
  'sampling={"solver":"heun","nfe":3,"gridPower":1,"guidance":0}',
].flatMap(setting => ['--set', setting])

const evaluate = (out: string, ...more: string[]) => [
  ...['evaluate', 'run', '--metrics', 'fd,is,precision-recall,neighbours,curvature', '--nfe', '1,2,3'],
  ...[
    '--solver',
    'heun,euler,dopri5',
    '--tolerance',
    '0.05',
    '--n',
    '70',
    '--ranges',
    '2',
    '--resize',
    'pad',
    '--batch-size',
    '16',
  ],
  ...['--count', '10', '--steps', '8', '--seed', '4', '--threads', '1', '--out', out, ...more],
]
const jsonOf = (out: string) => JSON.parse(readFileSync(join(folder, out, 'evaluation.json'), 'utf8'))

let whole: Ended
beforeAll(async () => {
  mkdirSync(join(folder, 'pictures'))
  for (let i = 0; i < 80; i++) {
    const values = integers({ seed: i, stream: 'probe', images: 1, elementsPerImage: 256, below: 200 })
    const data = Float32Array.from(values, (value, k) => ((k % 16 < 8 ? value : 255 - value) / 255) * 2 - 1)
    writeFileSync(join(folder, 'pictures', `${i}.png`), encodePng({ channels: 1, height: 16, width: 16, data }))
  }
  // is left out by the training, and so by each evaluation of the run
  writeFileSync(join(folder, 'pictures', 'bad.png'), 'no image')
  const trained = await mixflow([
    'train',
    'quickstart',
    '--data',
    'pictures',
    '--size',
    '16',
    '--threads',
    '1',
    '--out',
    'run',
    '--bad-images',
    'skip',
    ...settings,
  ])
  expect(trained).toMatchObject({ code: 0 })
  whole = await mixflow(evaluate('whole'))
})

describe('mixflow evaluate', () => {
  it('prints a table, and writes it with a chart', () => {
    expect(whole).toMatchObject({ code: 0, stderr: '' })
    expect(whole.stdout).toMatch(/^solver +steps +NFE +FD-ResNet56-70 +IS-ResNet56-70 +precision-ResNet56-70 +recall-/m)
    expect(whole.stdout).toMatch(/^heun +1 +1 +\d/m)
    expect(whole.stdout).toMatch(/^euler +2 +2 +\d/m)
    expect(whole.stdout).toContain('Skipped: heun cannot take exactly 2 evaluations.')
    expect(whole.stdout).toMatch(/^curvature \S+, standard deviation \S+ over 10 trajectories of 8 Euler steps/m)
    const files = readdirSync(join(folder, 'whole')).sort()
    const written = ['evaluation.json', 'evaluation.md', 'evaluation.svg', 'neighbours.png']
    expect(files).toEqual([...written.slice(0, 3), 'measured', written[3], 'parts'])
    for (const name of written) expect(whole.stdout).toContain(join('whole', name))
    const { samples, settings } = jsonOf('whole')
    expect(samples).toMatchObject({ n: 70, ranges: 2, reference: { data: 'pictures', count: 80 } })
    expect(
      settings.map(({ setting }: { setting: { solver: string; nfe?: number } }) => [setting.solver, setting.nfe]),
    ).toEqual([
      ['heun', 1],
      ['heun', 3],
      ['euler', 1],
      ['euler', 2],
      ['euler', 3],
      ['dopri5', undefined],
    ])
    expect(settings[5].nfe).toBeGreaterThan(6)
    // one Euler step is what Heun's method does with one evaluation
    expect(settings[0].measures).toEqual(settings[2].measures)
    // the reference is kept under a name of all that it depends on
    const kept = readdirSync(join(folder, 'cache', 'measures')).filter(name => !name.includes('features'))
    expect(kept[0]).toMatch(/^pictures-train-n80-[13]x16x16-ResNet56-pad-round-[0-9a-f]{8}-e0ced8e8\.safetensors$/)
  })

  it('shows the samples nearest to training images, and the share of near copies', () => {
    expect(readFileSync(join(folder, 'whole', 'evaluation.md'), 'utf8')).toMatch(
      /^Near copies \(near-copies-ResNet56-70\): [\d.]+ % of the samples of \w+ at .*\n\n.*\n\n!\[.+\]\(neighbours\.png\)$/m,
    )
    const png = readFileSync(join(folder, 'whole', 'neighbours.png'))
    // 12 columns and 6 rows of 16 pixels with a margin of one, 4 times as large
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([4 * (12 * 17 + 1), 4 * (6 * 17 + 1)])
  })

  it('gives the same result with several processes and after a kill', async () => {
    let killed = false
    const broken = await mixflow(evaluate('shared', '--workers', '2'), async child => {
      const measured = join(folder, 'shared', 'measured')
      while (child.exitCode === null && !existsSync(measured)) await sleep(5)
      killed = child.kill('SIGKILL')
    })
    expect({ killed, code: broken.code }).toEqual({ killed: true, code: null })
    // a kill may leave a file that was being written aside
    const measured = () =>
      readdirSync(join(folder, 'shared', 'measured')).filter(
        name => name.endsWith('.json') && !name.startsWith('.tmp-'),
      )
    const before = measured().length
    expect(before).toBeLessThan(12)
    const shared = await mixflow(evaluate('shared', '--workers', '2'))
    expect(shared).toMatchObject({ code: 0, stderr: '' })
    expect(jsonOf('shared')).toEqual(jsonOf('whole'))
    expect(measured()).toHaveLength(12)
  })

  it('accepts an extractor by URL, and explains what does not fit', async () => {
    const server = createServer((request, response) => {
      response.end(readFileSync(join(extractor, request.url?.slice(1) ?? '')))
    }).listen(0)
    try {
      const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/extractor.json`
      const again = await mixflow(evaluate('whole', '--features', address, '--json'))
      expect(again).toMatchObject({ code: 0, stderr: '' })
      expect(JSON.parse(again.stdout)).toEqual(jsonOf('whole'))
    } finally {
      server.close()
    }
    const [few, size, none, refused] = await Promise.all([
      mixflow(evaluate('none', '--n', '50')),
      mixflow(['evaluate', 'run', '--metrics', 'fd', '--out', 'none']),
      mixflow(evaluate('none', '--features', 'cifar')),
      mixflow(['evaluate', 'run', '--metrics', 'loss', '--bad-images', 'refuse', '--threads', '1']),
    ])
    expect(few).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('covariance of 64 features cannot be estimated from 50'),
    })
    expect(size).toMatchObject({ code: 1, stderr: expect.stringContaining('resize to "pad"') })
    expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('did you mean "cifar10"?') })
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/1 of 81 images .* could not be read/) })
    expect(existsSync(join(folder, 'none'))).toBe(false)
  })
})
