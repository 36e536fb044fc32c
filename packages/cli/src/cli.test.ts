/** The command in child processes: from training to an image, with interruptions. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { parseManifest } from '@mixflow/core'
import { compiler, crash, makeDriver } from '@mixflow/page/shared-library'
import { swiftshader } from '@mixflow/page/swiftshader'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commandIn, type Ended, nodeOptions } from './fixtures/run-command.ts'

const folder = mkdtempSync(join(tmpdir(), 'mixflow-cli-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const mixflow = commandIn(folder)

/** Settings of a run of a few steps on 48 digits. */
const tiny = [
  ...['limit=48', 'batchSize=8', 'totalImages=32', 'sampleEveryImages=1000', 'checkpointEveryImages=16'],
  ...['denoiser.options.channels=[8]', 'denoiser.options.attention=[]', 'encoder.options.channels=[8]'],
  ...[
    'denoiser.options.headChannels=8',
    'encoder.options.headChannels=8',
    'sampling={"solver":"euler","nfe":1,"gridPower":1,"guidance":0}',
  ],
].flatMap(setting => ['--set', setting])
const train = ['train', 'quickstart', '--threads', '1', ...tiny]

/** Number of logged steps. */
function stepsOf(run: string): number[] {
  const log = path(run, 'metrics.jsonl')
  const lines = existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(0, -1) : []
  return lines.map(line => JSON.parse(line).step)
}

const path = (...parts: string[]) => join(folder, ...parts)

/** Calls `act` when the run has logged this many steps. */
const afterSteps = (run: string, steps: number, act: (child: ChildProcess) => void) => (child: ChildProcess) => {
  const waiting = setInterval(() => {
    if (stepsOf(run).length < steps) return
    clearInterval(waiting)
    act(child)
  }, 20)
  child.on('close', () => clearInterval(waiting))
}

describe('from training to an image', () => {
  let trained: Ended
  let exported: Ended
  beforeAll(async () => {
    trained = await mixflow(train)
    exported = await mixflow(['export', 'runs/quickstart'])
  })

  it('train writes a run with a report, and prints the next commands', () => {
    expect(trained).toMatchObject({ code: 0, stderr: '' })
    expect(
      readdirSync(path('runs', 'quickstart'))
        .filter(name => name !== 'model')
        .sort(),
    ).toEqual(['checkpoints', 'config.json', 'data.json', 'metrics.jsonl', 'report.html', 'samples'])
    expect(trained.stdout).toMatch(/^done: 32 images/m)
    expect(trained.stdout).toContain(`report      ${join('runs', 'quickstart', 'report.html')}\n`)
    expect(trained.stdout).toContain(`samples     ${join('runs', 'quickstart', 'samples', '000000032.png')}\n`)
    for (const command of ['export', 'sample', 'train'])
      expect(trained.stdout).toMatch(new RegExp(`^  node .* ${command} `, 'm'))
    const { command } = JSON.parse(readFileSync(path('runs', 'quickstart', 'config.json'), 'utf8'))
    expect(command).toMatch(
      /^mixflow train quickstart --threads 1 --set limit=48 .*'denoiser\.options\.channels=\[8\]'/,
    )
  })

  it('export writes a model and its parity', () => {
    expect(exported).toMatchObject({ code: 0, stderr: '' })
    const model = path('runs', 'quickstart', 'model')
    const { files, training } = parseManifest(readFileSync(join(model, 'mixflow.json')))
    expect(training).toMatchObject({ imagesSeen: 32, steps: 4 })
    for (const { path: name, bytes } of files) {
      expect(readFileSync(join(model, name))).toHaveLength(bytes)
      expect(exported.stdout).toContain(`${join('runs', 'quickstart', 'model', name)} `)
    }
    expect(exported.stdout).toMatch(/^float32: largest difference .* limit 0\.0001$/m)
  })

  it('sample gives the same images for the same seed', async () => {
    const args = ['sample', 'runs/quickstart/model', '--count', '6', '--nfe', '2', '--seed', '7', '--label', '3']
    const [grid, many] = await Promise.all([
      mixflow([...args, '--out', 'pictures/threes.png', '--columns', '3']),
      mixflow([...args, '--out', 'many', '--batch-size', '4']),
    ])
    expect([grid, many]).toMatchObject([
      { code: 0, stderr: '' },
      { code: 0, stderr: '' },
    ])
    expect(grid.stdout).toMatch(/^6 images at 2 NFE \(2 steps of euler\), .* seed 7\npictures\/threes\.png\n$/)
    const png = readFileSync(path('pictures', 'threes.png'))
    // 3 × 2 tiles of 28 pixels with a margin of 1, three times as large
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([3 * (3 * 29 + 1), 3 * (2 * 29 + 1)])
    const [record, ledger, ...names] = readdirSync(path('many'))
    expect([record, ledger]).toEqual(['samples.json', 'samples.sha256'])
    expect(names).toEqual([0, 1, 2, 3, 4, 5].map(i => `seed-7-0000${i}.png`))
    expect(new Set(names.map(name => readFileSync(path('many', name)).toString('hex'))).size).toBe(6)
  })

  it('serve answers over HTTP until a signal, and finishes running requests', async () => {
    let isAnswered = false
    let streamed = ''
    const model = 'runs/quickstart/model'
    const args = ['serve', model, `again=${model}`, '--port', '0', '--threads', '1']
    const talk = async (child: ChildProcess) => {
      const [address] = String(await once(child.stdout as Readable, 'data')).split('\n')
      const body = JSON.stringify({ model: 'again', label: 3, nfe: 2, seed: 7 })
      const headers = { 'content-type': 'application/json', accept: 'image/png' }
      const response = await fetch(`${address}/v1/images`, { method: 'POST', headers, body })
      const png = Buffer.from(await response.arrayBuffer())
      isAnswered = png.equals(readFileSync(path('many', 'seed-7-00000.png')))
      const asStream = { ...headers, accept: 'text/event-stream' }
      const long = JSON.stringify({ model: 'quickstart', count: 8, label: 3, steps: 200 })
      const { body: running } = await fetch(`${address}/v1/images`, { method: 'POST', headers: asStream, body: long })
      for await (const chunk of running as unknown as AsyncIterable<Uint8Array>) {
        if (streamed === '') child.kill('SIGTERM')
        streamed += Buffer.from(chunk)
      }
    }
    const { code, stdout, stderr } = await mixflow(args, child => {
      talk(child).catch(() => child.kill('SIGKILL'))
    })
    expect({ code, isAnswered }).toEqual({ code: 0, isAnswered: true })
    expect(streamed).toMatch(/^event: accepted\n.*\nevent: done\n[^\n]*\n\n$/s)
    expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\n$/)
    const events = stderr
      .trim()
      .split('\n')
      .map(line => JSON.parse(line).event)
    expect(events).toEqual(['listening', 'request', 'stopping', 'request', 'stopped'])
  })

  it('serve exits when an evaluation takes longer than the drain time', async () => {
    const preload = pathToFileURL(join(import.meta.dirname, 'fixtures', 'endless-evaluations.mjs')).href
    const stuck = commandIn(folder, { NODE_OPTIONS: `--import ${preload}` })
    let isAccepted = false
    const talk = async (child: ChildProcess) => {
      const [address] = String(await once(child.stdout as Readable, 'data')).split('\n')
      const headers = { 'content-type': 'application/json', accept: 'text/event-stream' }
      const { body } = await fetch(`${address}/v1/images`, { method: 'POST', headers, body: '{"label": 3}' })
      for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
        if (String(Buffer.from(chunk)).startsWith('event: accepted')) child.kill('SIGTERM')
        isAccepted = true
      }
    }
    let signal: NodeJS.Signals | null = null
    const args = ['serve', 'runs/quickstart/model', '--port', '0', '--threads', '1', '--drain', '0.1']
    const { code } = await stuck(args, child => {
      child.on('exit', (_, by) => {
        signal = by
      })
      talk(child).catch(() => {})
    })
    expect({ code, signal, isAccepted }).toEqual({ code: null, signal: 'SIGTERM', isAccepted: true })
  })

  it('serve refuses two models with the same name, and a run', async () => {
    const model = 'runs/quickstart/model'
    const [twice, run] = await Promise.all([mixflow(['serve', model, model]), mixflow(['serve', 'runs/quickstart'])])
    expect(twice).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/two models have the name quickstart\n.*rename one/),
    })
    expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining(`serve ${model}`) })
  })

  it('evaluate measures the same on the run and on the model', async () => {
    const options = ['--json', '--count', '16', '--batch-size', '16', '--steps', '4', '--data', 'quickstart']
    const [run, model] = await Promise.all([
      mixflow(['evaluate', 'runs/quickstart', '--threads', '1', ...options]),
      mixflow(['evaluate', 'runs/quickstart/model', ...options]),
    ])
    expect([run, model]).toMatchObject([
      { code: 0, stderr: '' },
      { code: 0, stderr: '' },
    ])
    const [ofRun, ofModel] = [JSON.parse(run.stdout), JSON.parse(model.stdout)]
    expect(ofRun).toMatchObject({
      subject: { kind: 'checkpoint', step: 4 },
      loss: { images: 16, data: { name: 'quickstart', split: 'train' } },
    })
    const [lossOfRun, lossOfModel] = [ofRun.loss.flowLoss, ofModel.loss.flowLoss]
    expect(lossOfRun.map(({ mixtureWeight }: { mixtureWeight: number }) => mixtureWeight)).toEqual([0, 0.5, 1])
    for (const [i, { mixtureWeight, bins }] of lossOfModel.entries()) {
      expect(mixtureWeight).toBe(lossOfRun[i].mixtureWeight)
      for (const [bin, { loss }] of bins.entries()) expect(loss).toBeCloseTo(lossOfRun[i].bins[bin].loss, 4)
    }
    expect(lossOfModel).toHaveLength(3)
    expect(ofModel.trajectories.mean).toBeCloseTo(ofRun.trajectories.mean, 6)
  })
})

describe('an interrupted run', () => {
  it('resumes where it stopped', async () => {
    const stop = afterSteps('stopped', 3, child => child.kill('SIGINT'))
    const stopped = await mixflow([...train, '--out', 'stopped', '--set', 'totalImages=100000'], stop)
    expect(stopped).toMatchObject({ code: 130, stderr: '' })
    expect(stopped.stdout).toMatch(/stopping after this step/)
    expect(stopped.stdout).toMatch(/^interrupted: [\d,]+ of 100,000 images/m)
    expect(stopped.stdout).toMatch(/train quickstart --out stopped --resume$/m)
    const before = readdirSync(path('stopped', 'checkpoints'))
    expect(before.length).toBeGreaterThan(0)

    const { length } = stepsOf('stopped')
    const more = ['--set', `totalImages=${8 * length + 16}`]
    const resumed = await mixflow(['train', '--out', 'stopped', '--resume', '--threads', '1', ...more])
    expect(resumed).toMatchObject({ code: 0, stderr: '' })
    expect(resumed.stdout).toMatch(/resuming at/)
    expect(stepsOf('stopped')).toEqual(Array.from({ length: length + 2 }, (_, i) => i + 1))
  })
})

describe('a terminal or a pipe that closes', () => {
  it('ends a run after the step with a checkpoint, also when SIGHUP arrives twice', async () => {
    const hangUp = afterSteps('hung-up', 3, child => {
      child.kill('SIGHUP')
      setTimeout(() => child.kill('SIGHUP'), 20)
    })
    const ended = await mixflow([...train, '--out', 'hung-up', '--set', 'totalImages=100000'], hangUp)
    expect(ended).toMatchObject({ code: 129, stderr: '' })
    expect(readdirSync(path('hung-up', 'checkpoints')).length).toBeGreaterThan(0)
    expect(existsSync(path('hung-up', 'run.lock'))).toBe(false)
  })

  it('does not end a run whose stdout and stderr are closed', async () => {
    const { code } = await mixflow([...train, '--out', 'unread'], child => {
      child.stdout?.once('data', () => {
        child.stdout?.destroy()
        child.stderr?.destroy()
      })
    })
    expect(code).toBe(0)
    expect(stepsOf('unread')).toEqual([1, 2, 3, 4])
    expect(readdirSync(path('unread')).sort()).toContain('report.html')
  })

  it.skipIf(!existsSync('/dev/full'))('output lost to a full disk is a failure', async () => {
    const full = openSync('/dev/full', 'w')
    const child = spawn(process.execPath, [...nodeOptions, '--version'], { stdio: ['ignore', full, 'pipe'] })
    const [stderr, [code]] = await Promise.all([text(child.stderr as Readable), once(child, 'close')])
    closeSync(full)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^error: could not write all output: ENOSPC/)
  })
})

describe('mixflow train --dry-run', () => {
  it('measures, prints JSON, and writes nothing', async () => {
    const { code, stdout } = await mixflow([...train, '--dry-run', '--json', '--runs', 'elsewhere'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      preset: 'quickstart',
      folder: join('elsewhere', 'quickstart'),
      resume: false,
      dataset: { name: 'quickstart', images: 48, classes: 10 },
      parameters: { denoiser: expect.any(Number), encoder: expect.any(Number) },
      imagesPerSecond: expect.any(Number),
      totalSeconds: expect.any(Number),
      peakMemoryBytes: expect.any(Number),
      config: { batchSize: 8, limit: 48 },
    })
    expect(existsSync(path('elsewhere'))).toBe(false)
    expect(existsSync(path('cache'))).toBe(false)
  })
})

describe('mixflow doctor', () => {
  it('finds that this machine can run the tests', async () => {
    const { code, stdout } = await mixflow(['doctor', '--json'])
    const { healthy, findings } = JSON.parse(stdout)
    expect({ code, healthy }).toEqual({ code: 0, healthy: true })
    const states = new Map(findings.map(({ name, state }: { name: string; state: string }) => [name, state]))
    for (const name of ['Node', 'onnxruntime-node', '@tensorflow/tfjs-core', 'sharp', 'downloads', 'cpu']) {
      expect([name, states.get(name)]).toEqual([name, 'ok'])
    }
    for (const name of ['cuda', 'webgpu', 'tfjs-node']) expect(['ok', 'lacking']).toContain(states.get(name))
  })
})

const graphics = swiftshader()

describe.skipIf(graphics === null || compiler === undefined)('a graphics driver that crashes', () => {
  it('does not crash a training', async () => {
    const args = [
      ...train.filter(word => word !== '--threads' && word !== '1'),
      '--device',
      'webgpu',
      '--out',
      'crashed',
    ]
    const driver = makeDriver({ folder, name: 'crashing', statement: crash })
    const { code, stderr } = await commandIn(folder, { ...graphics, ...driver })(args)
    expect(code).toBe(1)
    expect(stderr).toMatch(/DEVICE_UNAVAILABLE.*"webgpu" cannot be used: .*SIGSEGV.*\n {2}update its driver/)
    expect(existsSync(path('crashed'))).toBe(false)
  })
})
