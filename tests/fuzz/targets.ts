/**
 * Every reader of foreign bytes, with small files to damage. A reader reads the bytes to the end, and either returns a value or throws a
 * MixflowError. Readers of paths get a file in a temporary folder.
 */

import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { gunzipSync, gzipSync } from 'node:zlib'
import { parseManifest, type SampleRequest } from '@mixflow/core'
import {
  float32Values,
  parseCheckpoint,
  parseSafetensors,
  parseStrictJson,
  resolveRequest,
  storedTensor,
  tensorValues,
  writeSafetensors,
} from '@mixflow/core/internal'
import { openForeign } from '@mixflow/export'
import { bytesSource } from '@mixflow/files'
import { parseExtractorFile, readStatistics, type SamplesPart, type TrajectoriesPart } from '@mixflow/measure'
import { smallModel } from '@mixflow/test-model'
import { strToU8, zipSync } from 'fflate'
import sharp from 'sharp'
import { Ledger } from '../../packages/cli/src/commands/sample/ledger.ts'
import { readSampleRecord, sampleRecord } from '../../packages/cli/src/commands/sample/sink.ts'
import { parseExperimentRun } from '../../packages/cli/src/maintenance/experiment/experiment-run.ts'
import { exampleCheckpoint } from '../../packages/core/src/format/fixtures/examples.ts'
import { checkGraph } from '../../packages/core/src/loading/check-graph.ts'
import { checkpointOps, op, tensorOps, torchFile } from '../../packages/export/src/import/fixtures/torch-file.ts'
import { folderStore } from '../../packages/measure/src/measurement/part-store.ts'
import { readPng } from '../../packages/serve/src/api/read-png.ts'
import { readJson } from '../../packages/serve/src/http/request-body.ts'
import { parseCifar10 } from '../../packages/train/src/data/cifar10.ts'
import type { Dataset } from '../../packages/train/src/data/dataset.ts'
import { decodeImage } from '../../packages/train/src/data/decode-image.ts'
import { type BmpImage, bmpBytes } from '../../packages/train/src/data/fixtures/bmp-bytes.ts'
import { parseIdx } from '../../packages/train/src/data/idx.ts'
import { openData } from '../../packages/train/src/data/open-data.ts'
import { parseMetrics } from '../../packages/train/src/loop/run-folder.ts'
import { repairedPng, type Seeds } from './mutate.ts'

export interface Target extends Seeds {
  readonly name: string
  /** Number of inputs, relative to the other targets; slow readers have fewer. */
  readonly share: number
  read(bytes: Uint8Array): unknown
  /** Plain errors are allowed, because the caller turns them into a MixflowError. */
  readonly foreignErrors?: boolean
  /** How far one input may raise the peak memory of the process. Default: that of the run's limits. */
  readonly megabytes?: number
}

const utf8 = (text: string) => new TextEncoder().encode(text)
const json = (value: unknown) => utf8(JSON.stringify(value))
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const jsonWords = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ':',
  ',',
  'null',
  'true',
  '\\ud800',
  '\\',
  '"__proto__"',
  '\ufeff',
  '\n',
  '{"a":',
  '[[',
]

/** Opens a checkpoint as `mixflow import` does, and reads every tensor. */
async function readForeign(bytes: Uint8Array): Promise<unknown> {
  const { tensors, numbers } = await openForeign(bytesSource('a.ckpt', bytes))
  const read = []
  for (const [name, tensor] of tensors) read.push([name, tensor.shape, Array.from(await tensor.read())])
  return [read, [...numbers]]
}

/** Metadata and the values of every tensor. */
function readSafetensors(bytes: Uint8Array): unknown {
  const { tensors, metadata } = parseSafetensors(bytes)
  const values = [...tensors].map(([name, tensor]) => [
    name,
    tensor.dtype === 'F16' ? float32Values(tensor) : tensorValues(tensor),
  ])
  return [values, [...metadata]]
}

const torchFiles = JSON.parse(
  readFileSync(new URL('../../packages/export/src/import/fixtures/torch-files.json', import.meta.url), 'utf8'),
) as { readonly files: Readonly<Record<string, string>> }
const torchSeed = (name: string) => new Uint8Array(gunzipSync(Buffer.from(torchFiles.files[name] as string, 'base64')))

const eight = { elements: 8, shape: [2, 4] }
const pickles = [
  checkpointOps({ 'denoiser.a': tensorOps(eight) }),
  checkpointOps({
    a: tensorOps({ ...eight, strides: [1, 2] }),
    b: [...op.emptyList, ...op.put(1), ...op.get(1), ...op.append],
  }),
].map(bytes => Uint8Array.from(bytes))
const pickleWords = [
  ...Object.values(op).filter((word): word is readonly number[] => typeof word !== 'function'),
  ...[op.text('state_dict'), op.text('x'), op.int(2), op.int(2 ** 40), op.put(0), op.put(1), op.get(0), op.get(1)],
  ...[op.global('torch', 'Size'), op.global('collections', 'OrderedDict'), op.global('collections', 'Counter')],
  ...[
    op.global('torch._utils', '_rebuild_tensor_v2'),
    op.global('os', 'system'),
    tensorOps(eight),
    tensorOps({ ...eight, key: '1' }),
  ],
  ...[
    [0x85],
    [0x86],
    [0x87],
    [0x81],
    [0x8f],
    [0x90],
    [0x91],
    [0x93],
    [0x94],
    [0x32],
    [0x95, 0, 0, 0, 0, 0, 0, 0, 0],
    [0x8b, 255, 255, 255, 127],
  ],
]

/** All types that a training script may store beside its parameters, without the padding that PyTorch writes. */
const whole = torchSeed('zip')

const bytesOfPiece = Uint8Array.of(1, 2, 3)

export async function targets(): Promise<readonly Target[]> {
  const folder = mkdtempSync(join(tmpdir(), 'mixflow-fuzz-'))
  const at = (name: string) => join(folder, name)
  const inFile = (name: string, read: (path: string) => unknown) => (bytes: Uint8Array) => {
    mkdirSync(dirname(at(name)), { recursive: true })
    writeFileSync(at(name), bytes)
    return read(at(name))
  }
  const model = await smallModel({ classes: 3 })
  const fileOf = (name: string) => model.get(name) as Uint8Array
  const manifest = parseManifest(fileOf('mixflow.json'))
  const graph = manifest.files.find(({ role }) => role === 'denoiser') as (typeof manifest.files)[number]
  const pixels = Buffer.from(Array.from({ length: 8 * 8 * 3 }, (_, i) => (i * 37) % 256))
  const picture = sharp(pixels, { raw: { width: 8, height: 8, channels: 3 } })
  const png = new Uint8Array(await picture.clone().png().toBuffer())
  const jpeg = new Uint8Array(await picture.clone().jpeg().toBuffer())
  const small = { size: 8, fit: 'cover', background: 'white' } as const
  const idx = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8)
  const zip = zipSync({ 'a/0.png': png, 'b/1.png': [png, { level: 0 }], 'b/2.jpg': jpeg, 'notes.txt': strToU8('x') })
  const statistics = writeSafetensors({
    tensors: {
      mean: storedTensor(Float64Array.of(1, 2), [2]),
      covariance: storedTensor(Float64Array.of(1, 0, 0, 1), [2, 2]),
    },
    metadata: {
      ...{ format: 'mixflow-statistics', version: '1', count: '5', data: 'd', split: 'train', size: '1x2x2' },
      ...{ fingerprint: 'f', extractor: 'e', sha256: 's', resize: 'none', rounding: 'none' },
    },
  })
  const tensors = writeSafetensors({
    tensors: {
      a: storedTensor(Float32Array.of(1, 2, 3, 4), [2, 2]),
      half: storedTensor(Float32Array.of(1, 2), [2], { dtype: 'F16' }),
      long: storedTensor(BigInt64Array.of(1n, -1n), [2]),
      flag: storedTensor(Uint8Array.of(0, 1), [2], { dtype: 'BOOL' }),
    },
    metadata: { format: 'pt' },
  })
  // eight bytes, and a header that is no multiple of eight
  const unaligned = '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'
  const odd = Uint8Array.from([unaligned.length, 0, 0, 0, 0, 0, 0, 0, ...utf8(unaligned), 0, 0, 192, 63, 0, 0, 0, 192])
  const extractor = {
    ...{
      format: 'mixflow-extractor',
      version: 1,
      name: 'Cnn',
      network: { file: 'cnn.onnx', bytes: 5, sha256: 'a'.repeat(64) },
    },
    input: { name: 'images', channels: 1, height: 28, width: 28, range: [0, 1] },
    ...{ resize: 'none', rounding: 'round', features: { name: 'f', dimensions: 64 }, logits: null, statistics: [] },
  }
  const range = { seed: 0, firstImage: 0, images: 2 }
  const samples: SamplesPart = { kind: 'samples', setting: {}, batchSize: 2, ...range }
  const trajectories: TrajectoriesPart = { kind: 'trajectories', steps: 4, bins: 2, ...range }
  const store = folderStore(folder)
  const partFile = 'parts/key/000000000.safetensors'
  await store.write('key', samples, {
    ...{ features: Float32Array.of(1, 2, 3, 4), logits: Float32Array.of(0, 1, 2, 3) },
    ...{ labels: Int32Array.of(1, 0), nfe: 5, steps: 5 },
  })
  const samplesFile = readFileSync(at(partFile))
  await store.write('key', trajectories, { perImage: Float64Array.of(0.1, 0.2), byTime: Float64Array.of(1, 2) })
  const trajectoriesFile = readFileSync(at(partFile))
  const experiment = readFileSync(
    new URL('../../docs/experiments/few-step/mnist-1000-steps/mixflow-seed-1.json', import.meta.url),
  )
  const ledgerLines = [0, 90, 200].map((start, i, all) => `${start} ${all[i + 1] ?? 210} ${'0f'.repeat(32)}\n`)
  const masks = [0xf800, 0x7e0, 0x1f]
  const bmps: BmpImage[] = [
    { width: 3, height: 1, depth: 4, palette: [0, 0xff00, 0xff], rows: [[0x01, 0x20]] },
    { width: 9, height: 1, depth: 1, palette: [0, 0xff], headerBytes: 12, rows: [[0xa0, 0x80]] },
    { width: 3, height: 1, depth: 24, rows: [[1, 2, 3, 4, 5, 6, 7, 8, 9]] },
    { width: 2, height: 1, depth: 16, compression: 3, masks, rows: [[1, 2, 3, 4]] },
    {
      ...{ width: 1, height: -2, depth: 32, compression: 3, headerBytes: 124 },
      ...{
        masks: [0xff0000, 0xff00, 0xff, 0xff000000],
        rows: [
          [1, 2, 3, 4],
          [4, 3, 2, 1],
        ],
      },
    },
  ]
  const netpbms = [
    'P1\n3 1\n101',
    'P2 2 1 9\n1 9 #',
    'P3 1 1 9\n1 2 3',
    'P4 9 1\nab',
    'P5 #x\n2 1 255\nab',
    'P6 1 1 65535\nabcdef',
  ]
  const shape = { channels: 3, height: 8, width: 8 }
  const metrics = '{"step":1,"imagesSeen":4,"loss":1.5}\n{"step":2,"imagesSeen":8,"loss":1.25}\n'
  const request = { count: 4, seed: 42, label: 1, nfe: 5, solver: 'heun', guidance: 0.5 }

  return [
    {
      name: 'safetensors',
      share: 16,
      seeds: [tensors, odd],
      words: [...jsonWords, '"F32"', '"shape":[', '[0,8]'],
      read: readSafetensors,
    },
    {
      name: 'strict JSON',
      share: 12,
      seeds: [json({ a: [1, { b: 'ü' }], c: null }), json(request)],
      words: jsonWords,
      read: bytes => parseStrictJson(bytes, { what: 'x', code: 'MANIFEST_INVALID' }),
    },
    { name: 'manifest', share: 12, seeds: [fileOf('mixflow.json')], words: jsonWords, json: true, read: parseManifest },
    {
      name: 'checkpoint',
      share: 10,
      seeds: [json(exampleCheckpoint)],
      words: jsonWords,
      json: true,
      read: parseCheckpoint,
    },
    {
      name: 'ONNX graph',
      share: 12,
      seeds: [fileOf(graph.path)],
      words: [
        [0x08, 0x80, 0x80, 0x80, 0x80, 0x10],
        [0x12, 0xff, 0xff, 0xff, 0x7f],
        [0x0a, 0],
      ],
      read: bytes => checkGraph(bytes, { file: graph, ports: manifest.networks.denoiser }),
    },
    {
      name: 'pickle',
      share: 16,
      seeds: pickles,
      words: pickleWords,
      read: bytes => readForeign(torchFile([...bytes])),
    },
    {
      name: 'torch zip',
      share: 10,
      seeds: [
        torchFile([...(pickles[0] as Uint8Array)], undefined, { descriptors: true, wide: true }),
        torchFile([...(pickles[1] as Uint8Array)]),
      ],
      words: ['PK\u0001\u0002', 'PK\u0003\u0004', 'PK\u0005\u0006', ...pickleWords],
      read: readForeign,
    },
    { name: 'torch zip of PyTorch', share: 4, seeds: [whole], words: pickleWords, read: readForeign },
    {
      name: 'torch legacy',
      share: 10,
      seeds: [torchSeed('legacy'), torchSeed('legacy, protocol 4')],
      words: pickleWords,
      read: readForeign,
    },
    {
      name: 'idx',
      share: 8,
      seeds: [idx, gzipSync(idx)],
      read: async bytes => {
        const { dims, data } = await parseIdx(bytes, { what: 'x', dimensions: 3 })
        return [dims, Array.from(data)]
      },
    },
    {
      name: 'CIFAR-10',
      share: 1,
      seeds: [new Uint8Array(3073)],
      read: bytes => contentOf(parseCifar10([{ name: 'data_batch_1.bin', bytes }], 'train')),
    },
    {
      name: 'zip of images',
      share: 1.5,
      seeds: [zip],
      words: ['PK\u0001\u0002', 'PK\u0003\u0004', 'PK\u0005\u0006', '../', 'a/', [0x94, 0x4c], [0xb9, 0xb7]],
      read: inFile('a.zip', async path => contentOf(await openData(path, { size: 8 }))),
    },
    {
      name: 'image',
      share: 2,
      seeds: [png, jpeg],
      words: ['IHDR', 'IDAT', 'IEND', [0xff, 0xd8], [0xff, 0xc0]],
      repair: repairedPng,
      foreignErrors: true,
      // what decoding may claim
      megabytes: 768,
      read: bytes => decodeImage(bytes, small),
    },
    {
      name: 'BMP',
      share: 4,
      seeds: bmps.map(image => new Uint8Array(bmpBytes(image))),
      words: ['BM', [40, 0, 0, 0], [124, 0, 0, 0], [3, 0, 0, 0]],
      foreignErrors: true,
      read: bytes => decodeImage(bytes, small),
    },
    {
      name: 'Netpbm',
      share: 4,
      seeds: netpbms.map(utf8),
      words: ['P1', 'P2', 'P4', 'P5', 'P6', ' ', '\n', '#', '255', '65535', '99999'],
      foreignErrors: true,
      read: bytes => decodeImage(bytes, small),
    },
    {
      name: 'PNG in a request',
      share: 4,
      seeds: [png],
      words: ['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND'],
      repair: repairedPng,
      read: bytes => [...readPng(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), shape).data],
    },
    {
      name: 'samples of an evaluation',
      share: 3,
      seeds: [samplesFile],
      words: [...jsonWords, '"F32"', '"I32"', '"features"', '"shape":['],
      read: inFile(partFile, () => store.read('key', samples)),
    },
    {
      name: 'trajectories of an evaluation',
      share: 2,
      seeds: [trajectoriesFile],
      words: [...jsonWords, '"F64"', '"perImage"', '"shape":['],
      read: inFile(partFile, () => store.read('key', trajectories)),
    },
    {
      name: 'measures of an evaluation',
      share: 2,
      seeds: [json({ images: 2, frechet: 1.5, curvature: { mean: 0.1, byTime: [1, 2] } })],
      words: jsonWords,
      json: true,
      read: inFile('measured/key.json', () => store.finished('key')),
    },
    {
      name: 'experiment record',
      share: 4,
      seeds: [experiment],
      words: jsonWords,
      json: true,
      read: bytes => parseExperimentRun(text(bytes), 'x'),
    },
    {
      name: 'sample ledger',
      share: 2,
      seeds: [utf8(ledgerLines.join(''))],
      words: [...ledgerLines, ' ', '\n', '\r\n', 'f'.repeat(64)],
      read: inFile('ledger', async path => {
        const ledger = await Ledger.open(path, { resume: true })
        const { found } = ledger
        for (const _ of found) ledger.take()
        await ledger.add(found.at(-1)?.end ?? 0, [bytesOfPiece])
        await ledger[Symbol.asyncDispose]()
        return found
      }),
    },
    {
      name: 'sample record',
      share: 2,
      seeds: [json(sampleRecord(manifest, { seed: 1, count: 4, request: { nfe: 5, solver: 'heun', label: null } }))],
      words: jsonWords,
      json: true,
      read: inFile('samples.json', async path => (await readSampleRecord(path)) ?? 'none'),
    },
    {
      name: 'statistics',
      share: 3,
      seeds: [statistics],
      words: jsonWords,
      read: inFile('s.safetensors', path => readStatistics(path)),
    },
    {
      name: 'extractor',
      share: 8,
      seeds: [json(extractor)],
      words: jsonWords,
      json: true,
      read: bytes => parseExtractorFile(text(bytes), 'x'),
    },
    { name: 'metrics', share: 4, seeds: [utf8(metrics)], words: jsonWords, read: bytes => parseMetrics(text(bytes)) },
    {
      name: 'HTTP body',
      share: 8,
      seeds: [json(request)],
      words: jsonWords,
      json: true,
      read: async bytes => resolveRequest((await readJson(requestOf(bytes))) as SampleRequest, manifest),
    },
  ]
}

const contentOf = ({ name, height, width, images, labels, classNames }: Dataset) => [
  ...[name, height, width, Array.from(images), labels && Array.from(labels), classNames],
]

/** As far as the reader of bodies looks at a request. */
const requestOf = (body: Uint8Array) =>
  Object.assign(Readable.from([Buffer.from(body)]), {
    headers: { 'content-type': 'application/json' },
  }) as unknown as IncomingMessage
