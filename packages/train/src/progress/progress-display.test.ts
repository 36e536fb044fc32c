import { Writable } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { type DisplayStream, type ProgressDisplay, progressDisplay } from './progress-display.ts'
import type { TrainEvent } from './train-event.ts'

/** A stream that keeps what was written. */
function memory(options: { isTTY: boolean; columns?: number }): DisplayStream & { text(): string } {
  let text = ''
  const stream = new Writable({
    write(chunk, _, done) {
      text += String(chunk)
      done()
    },
  })
  return Object.assign(stream, options, { text: () => text })
}

const esc = '\u001b'
const start: TrainEvent = { type: 'start', title: 'digits', totalImages: 640, startImages: 0, device: 'cpu' }
const step = (imagesSeen: number): TrainEvent => ({
  type: 'step',
  step: imagesSeen / 64,
  imagesSeen,
  loss: 0.5,
  imagesPerSecond: 400,
  secondsLeft: (640 - imagesSeen) / 400,
})
const end: TrainEvent = {
  type: 'end',
  outcome: 'finished',
  imagesSeen: 640,
  totalImages: 640,
  seconds: 1.6,
  loss: 0.2434,
  report: 'runs/a/report.html',
}

let display: ProgressDisplay | undefined
afterEach(() => display?.close())

describe('lines', () => {
  it('show each event, and one step in five seconds', () => {
    let time = 0
    const stream = memory({ isTTY: false })
    const { show } = progressDisplay(stream, { env: {}, now: () => time })
    show(start)
    show({ type: 'phase', text: 'compiling the step' })
    for (let i = 1; i <= 10; i++) {
      time += 1500
      show(step(64 * i))
    }
    show({ type: 'samples', path: 'samples/000000640.png' })
    show({ type: 'checkpoint', path: 'checkpoints/step-000000010' })
    show(end)
    expect(stream.text().split('\n')).toEqual([
      'digits: 640 images, on cpu',
      'compiling the step',
      '256 of 640 images (40 %)   loss 0.500   400 images/s   1 s left',
      '512 of 640 images (80 %)   loss 0.500   400 images/s   1 s left',
      'samples     samples/000000640.png',
      'checkpoint  checkpoints/step-000000010',
      'done: 640 images in 1.6 s, loss 0.243',
      'report      runs/a/report.html',
      '',
    ])
  })

  it('show each file of a download at its beginning, every five seconds and at its end', () => {
    let time = 0
    const stream = memory({ isTTY: false })
    const { show } = progressDisplay(stream, { env: {}, now: () => time })
    for (const what of ['a.gz', 'b.gz']) {
      for (let done = 0; done <= 4e6; done += 1e6) {
        show({ type: 'data', progress: { phase: 'download', what, done, total: 4e6 } })
        time += 2000
      }
    }
    expect(stream.text().split('\n')).toEqual([
      'download a.gz: 0 B of 4.0 MB',
      'download a.gz: 3.0 MB of 4.0 MB',
      'download a.gz: 4.0 MB of 4.0 MB',
      'download b.gz: 0 B of 4.0 MB',
      'download b.gz: 3.0 MB of 4.0 MB',
      'download b.gz: 4.0 MB of 4.0 MB',
      '',
    ])
  })

  it('show the progress and the error of a run that did not finish', () => {
    const stream = memory({ isTTY: false })
    const { show } = progressDisplay(stream, { env: {} })
    show({ ...start, startImages: 128 } as TrainEvent)
    const reason = 'the loss is NaN at step 5'
    show({ ...end, outcome: 'failed', imagesSeen: 320, loss: null, report: null, reason } as TrainEvent)
    expect(stream.text()).toBe(
      `digits: resuming at 128 of 640 images (20 %), on cpu\nfailed: 320 of 640 images (50 %) in 1.6 s\n${reason}\n`,
    )
  })

  it.each([
    ['no terminal', false, {}],
    ['CI', true, { CI: 'true' }],
    ['turbo', true, { TURBO_HASH: 'abc' }],
    ['a dumb terminal', true, { TERM: 'dumb' }],
  ])('have no control codes: %s', (_, isTTY, env) => {
    const stream = memory({ isTTY })
    const { show } = progressDisplay(stream, { env })
    show({ ...start, title: `dig${esc}[31mits\r\u0007` } as TrainEvent)
    show({ type: 'samples', path: `${esc}]0;title` })
    show(end)
    expect(stream.text()).toContain('done: 640 images')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be there
    expect(stream.text()).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
  })
})

describe('a terminal', () => {
  const shown = (env: Record<string, string>): string => {
    const stream = memory({ isTTY: true, columns: 100 })
    display = progressDisplay(stream, { env })
    for (const event of [start, step(320), { type: 'samples', path: 'samples/000000320.png' } as const, end]) {
      display.show(event)
    }
    return stream.text()
  }

  it('shows a bar and lines above it, and restores the cursor', () => {
    const text = shown({})
    expect(text).toMatch(/█{16}░{16} +50 % .*loss 0\.500/)
    expect(text).toContain('samples/000000320.png')
    expect(text).toMatch(/done: 640 images in 1\.6 s, loss 0\.243/)
    expect(text.lastIndexOf(`${esc}[?25h`)).toBeGreaterThan(text.lastIndexOf(`${esc}[?25l`))
    expect(text.lastIndexOf('done:')).toBeGreaterThan(text.lastIndexOf('█'))
  })

  it('has colours unless NO_COLOR is set', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a colour is one
    const color = /\u001b\[\d+m/
    expect(shown({})).toMatch(color)
    expect(shown({ NO_COLOR: '1' })).not.toMatch(color)
  })

  it('is restored by close() during a run, once', () => {
    const stream = memory({ isTTY: true, columns: 100 })
    const listeners = process.listenerCount('exit')
    display = progressDisplay(stream, { env: {} })
    display.show(start)
    expect(process.listenerCount('exit')).toBe(listeners + 1)
    display.close()
    const text = stream.text()
    display.close()
    expect(stream.text()).toBe(text)
    expect(text.lastIndexOf(`${esc}[?25h`)).toBeGreaterThan(text.lastIndexOf(`${esc}[?25l`))
    expect(process.listenerCount('exit')).toBe(listeners)
  })
})
