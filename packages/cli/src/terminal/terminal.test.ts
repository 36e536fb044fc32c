import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { hostileNames, unprintable } from '@mixflow/core/testing'
import { writeFileDurably } from '@mixflow/files'
import pc from 'picocolors'
import { afterAll, describe, expect, it } from 'vitest'
import { checkPngPath } from './check-output.ts'
import { describeError, UsageError } from './errors.ts'
import { endingSignals, Interrupted, interruptible } from './signals.ts'
import { statusLine } from './status-line.ts'
import { jsonText, linesText, table } from './text.ts'
import { programName } from './this-program.ts'

describe('describeError', () => {
  const plain = pc.createColors(false)
  const textOf = (error: unknown) => describeError(error, plain)

  it('shows our errors with code and hint, the code in red on a terminal', () => {
    const error = new MixflowError('DATA_NOT_FOUND', 'there is no folder x', { hint: ['look', 'again'] })
    expect(textOf(error)).toBe('MixflowError [DATA_NOT_FOUND]: there is no folder x\n  look\n  again')
    const colored = describeError(error, pc.createColors(true))
    expect(colored.split('\n')[0]).toBe('\u001b[31mMixflowError [DATA_NOT_FOUND]:\u001b[39m there is no folder x')
  })

  it('shows usage errors and system errors on one line', () => {
    expect(textOf(new UsageError('what?', 'this'))).toBe('error: what?\n  this')
    const refused = Object.assign(new Error("EACCES: permission denied, mkdir '/x'"), {
      code: 'EACCES',
      syscall: 'mkdir',
    })
    expect(textOf(refused)).toBe("error: EACCES: permission denied, mkdir '/x'")
  })

  it('shows an unexpected error with its stack, its cause and where to report it', () => {
    const text = textOf(new TypeError('x is undefined', { cause: new Error('deeper') }))
    expect(text).toMatch(/TypeError: x is undefined\n\s+at .*terminal\.test\.ts/)
    expect(text).toMatch(/deeper/)
    expect(text).toMatch(/Please report it .*: https:\/\/github\.com\/\S+\/issues\nmixflow \d+\.\d+\.\d+, Node \d+/)
    expect(textOf('a string')).toMatch(/'a string'/)
  })

  it('escapes control characters in names', () => {
    const text = describeError(new MixflowError('DATA_NOT_FOUND', 'no \u001b[2Jfolder\u0007'), pc.createColors(true))
    expect(text).toContain('no \\u001b[2Jfolder\\u0007')
    const hidden = describeError(new MixflowError('DATA_NOT_FOUND', 'a\u001b[8mb\u202ec'), pc.createColors(true))
    expect(hidden).toContain('a\\u001b[8mb\\u202ec')
  })

  it.each(hostileNames)('keeps a message with the name %j on one line, uncoloured', name => {
    const colors = pc.createColors(true)
    const refused = Object.assign(new Error(`EACCES: ${name}`), { code: 'EACCES', syscall: 'open' })
    for (const error of [new MixflowError('DATA_NOT_FOUND', name), new UsageError(name), refused]) {
      const text = describeError(error, colors)
      expect(text.replace('\u001b[31m', '').replace('\u001b[39m', '')).not.toMatch(unprintable)
      expect(text).not.toContain('\n')
    }
    for (const error of [
      new MixflowError('DATA_NOT_FOUND', 'x', { hint: `give ${name}` }),
      new UsageError('x', name),
    ]) {
      const text = describeError(error, plain)
      expect(text).not.toMatch(unprintable)
      expect(text.split('\n')).toHaveLength(2)
    }
    // a stack has lines, and may have tabs
    const stack = describeError(new Error(name.replace('\t', ' ')), plain)
    expect(stack).not.toMatch(unprintable)
  })
})

it.each(hostileNames)('shows the name %j escaped in JSON that parses to the same value', name => {
  const value = { name, [name]: [name, { names: [name] }] }
  const text = jsonText(value)
  expect(text).not.toMatch(unprintable)
  expect(JSON.parse(text)).toEqual(value)
})

describe('interruptible', () => {
  const listeners = () => endingSignals.filter(name => name !== 'SIGHUP').map(name => process.listenerCount(name))

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGQUIT', 131],
    ['SIGXCPU', 152],
    ['SIGUSR2', 140],
  ] as const)('ends the work at %s, and leaves a second one to the system', async (name, exitCode) => {
    const before = listeners()
    const events: string[] = []
    const work = async (signal: AbortSignal) => {
      expect(listeners()).toEqual(before.map(count => count + 1))
      process.emit(name)
      process.emit('SIGHUP') // never ends at once
      expect(signal.aborted).toBe(true)
      expect(listeners()).toEqual(before)
      events.push('work ended')
    }
    const ended = await interruptible(work, () => events.push('interrupted')).catch((error: unknown) => error)
    expect(ended).toBeInstanceOf(Interrupted)
    expect(ended).toMatchObject({ exitCode })
    expect(events).toEqual(['interrupted', 'work ended'])
  })

  it('turns an abort into Interrupted, and passes on any other error', async () => {
    const failing = (error: Error) =>
      interruptible(async () => {
        process.emit('SIGINT')
        throw error
      })
    await expect(failing(new MixflowError('ABORTED', 'stop'))).rejects.toBeInstanceOf(Interrupted)
    await expect(failing(new Error('mine'))).rejects.toThrow('mine')
    const untouched = interruptible(() => Promise.reject(new MixflowError('ABORTED', 'by someone else')))
    await expect(untouched).rejects.toMatchObject({ code: 'ABORTED' })
  })

  it('removes its listeners', async () => {
    const before = listeners()
    await interruptible(async () => {})
    await interruptible(() => Promise.reject(new Error('x'))).catch(() => {})
    expect(listeners()).toEqual(before)
  })
})

describe('programName', () => {
  it.each([
    ['/usr/local/bin/mixflow', 'mixflow'],
    ['/p/node_modules/.bin/mixflow', 'npx mixflow'],
    ['/p/node_modules/@mixflow/cli/bin/mixflow.js', 'npx mixflow'],
    ['/h/.npm/_npx/1a2b/node_modules/.bin/mixflow', 'npx @mixflow/cli'],
    ['/p/packages/cli/bin/mixflow.js', 'node packages/cli/bin/mixflow.js'],
    ['/p/my clone/main.js', "node 'my clone/main.js'"],
  ])('started as %s it is called %s', (script, typed) => {
    expect(programName({ script, folder: '/p' })).toBe(typed)
  })
})

describe('table', () => {
  it('aligns columns, without trailing spaces', () => {
    const rows = [
      ['a', '1', 'x'],
      ['κκκ', '200', ''],
    ]
    expect(table(rows, { right: [1] })).toEqual(['a       1   x', 'κκκ   200'])
    expect(table(rows, { gap: ' ' })).toEqual(['a   1   x', 'κκκ 200'])
    expect(table([])).toEqual([])
  })
})

describe('statusLine', () => {
  it('redraws at most ten times a second, within the width, and is erased when cleared', () => {
    const written: string[] = []
    let time = 0
    const line = statusLine({ isTTY: true, columns: 5, write: text => written.push(text) }, () => time)
    line.clear()
    expect(written).toEqual([])
    line.show('one two')
    time = 50
    line.show('lost')
    time = 150
    line.show('x')
    line.clear()
    expect(written).toEqual(['\r\u001b[2Kone ', '\r\u001b[2Kx', '\r\u001b[2K'])
  })

  it('writes nothing to a file', () => {
    const written: string[] = []
    const line = statusLine({ write: text => written.push(text) })
    line.show('x')
    line.clear()
    expect(written).toEqual([])
  })
})

describe('PNG files', () => {
  const root = mkdtempSync(join(tmpdir(), 'mixflow-png-'))
  afterAll(() => rmSync(root, { recursive: true, force: true }))
  const png = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10, 1, 2, 3)

  it('are written into new folders, and replaced', async () => {
    const path = join(root, 'new', 'deep', 'a.PNG')
    await checkPngPath(path)
    await writeFileDurably(path, png)
    await checkPngPath(path)
    await writeFileDurably(path, png.subarray(0, 9))
    expect(readFileSync(path)).toHaveLength(9)
    expect(readdirSync(join(root, 'new', 'deep'))).toEqual(['a.PNG'])
  })

  it('replace no other files', async () => {
    await mkdir(join(root, 'folder.png'))
    writeFileSync(join(root, 'text.png'), 'my thesis')
    writeFileSync(join(root, 'empty.png'), '')
    await checkPngPath(join(root, 'empty.png'))
    for (const name of ['folder.png', 'text.png']) {
      await expect(checkPngPath(join(root, name))).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' })
    }
    await expect(checkPngPath(join(root, 'a.jpg'))).rejects.toMatchObject({ hint: 'for example --out a.png' })
  })

  it('are refused early where no folder can be created', async () => {
    writeFileSync(join(root, 'file'), '')
    for (const name of ['file/a.png', 'file/deep/a.png']) {
      const refused = { code: 'OUTPUT_DISK', message: expect.stringContaining('file') }
      await expect(checkPngPath(join(root, name))).rejects.toMatchObject(refused)
    }
    await checkPngPath(join(root, 'absent', 'deep', 'a.png'))
    expect(readdirSync(root)).not.toContain('absent')
  })

  it('leave no partial files where they cannot be written', async () => {
    await expect(writeFileDurably(join(root, 'folder.png'), png)).rejects.toMatchObject({ code: 'OUTPUT_DISK' })
    expect(readdirSync(root).filter(name => name.startsWith('.tmp'))).toEqual([])
  })
})

it.each(hostileNames)('tables, lines and the status show %j escaped, on one line', name => {
  let shown = ''
  const stream = { isTTY: true, columns: 200, write: (text: string) => (shown += text) }
  statusLine(stream).show(name)
  for (const text of [...table([[name, 'b']]), linesText([name]), shown.replace('\r\u001b[2K', '')]) {
    expect(text).not.toMatch(unprintable)
    expect(text).not.toContain('\n')
  }
})
