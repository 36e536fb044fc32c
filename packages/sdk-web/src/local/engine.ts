/**
 * Engine: a model's networks in ONNX Runtime on one device, behind the port of core's sampler. On WebGPU a GPUDevice of our own is
 * given to each session; states are buffers on it (gpu-memory.ts), which the network reads and writes in place. On WebAssembly
 * states are arrays.
 */
import { type DenoiserInputs, type Manifest, type ManifestFile, MixflowError, type SampleBackend } from '@mixflow/core'
import {
  arrayBackend,
  encodeWith,
  graphFailed,
  type Network,
  type NetworkPorts,
  once,
  type Precision,
  portDims,
  sessionNetwork,
} from '@mixflow/core/internal'
import type { Device } from '../options.ts'
import type { DeviceLease } from './adapter.ts'
import { type GpuArray, GpuMemory } from './gpu-memory.ts'
import { nextTask } from './next-task.ts'
import type { Ort } from './runtime.ts'

export interface Graph {
  readonly file: ManifestFile
  readonly bytes: Uint8Array
}

export interface EngineOptions {
  readonly manifest: Manifest
  readonly denoiser: Graph
  /** Reads the encoder; absent where the model has none. */
  readonly encoder: (() => Promise<Graph>) | undefined
  /** ONNX Runtime's build for the device. */
  readonly ort: Ort
  /** null: on the processor. */
  readonly gpu: DeviceLease | null
}

export interface Engine {
  readonly device: Device
  readonly dtype: Precision
  readonly backend: SampleBackend<unknown>
  /** Opens the encoder now rather than when it is first needed. */
  openEncoder(): Promise<unknown>
  /** Set once the device was lost. */
  lost(): MixflowError | null
  release(): Promise<void>
}

type Session = Awaited<ReturnType<Ort['InferenceSession']['create']>>

/** @throws MixflowError MODEL_INVALID */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { manifest, denoiser, ort } = options
  const gpu = options.gpu?.device ?? null
  const session = await openSession(ort, denoiser, gpu)
  const encoder =
    options.encoder &&
    once(async () => {
      const graph = await options.encoder!()
      const ports = manifest.networks.encoder!
      return arrayNetwork(ort, { session: await openSession(ort, graph, null, gpu), file: graph.file, ports })
    })
  const releaseSessions = async () => {
    await session.release()
    await encoder?.made()?.then(
      network => network.release(),
      () => {},
    )
  }
  const common = { dtype: denoiser.file.dtype!, openEncoder: async () => encoder?.get() }
  const network = { session, file: denoiser.file, ports: manifest.networks.denoiser }
  if (gpu === null) {
    const backend = arrayBackend({ manifest, denoiser: arrayNetwork(ort, network), encoder: encoder?.get })
    return {
      ...common,
      device: 'wasm',
      backend: backend as SampleBackend<unknown>,
      lost: () => null,
      release: releaseSessions,
    }
  }
  const memory = new GpuMemory(gpu)
  const watch = watchDevice(gpu)
  let released: Promise<void> | undefined
  const backend = gpuBackend(ort, { ...network, manifest, memory, watch, encoder: encoder?.get })
  return {
    ...common,
    device: 'webgpu',
    backend: backend as SampleBackend<unknown>,
    lost: watch.lost,
    release() {
      watch.expected = true
      released ??= releaseSessions().finally(() => {
        memory.destroy()
        options.gpu?.giveBack()
      })
      return released
    },
  }
}

/** @param beside the device of the denoiser, for a network whose inputs and outputs are arrays all the same */
async function openSession(ort: Ort, { file, bytes }: Graph, gpu: GPUDevice | null, beside = gpu): Promise<Session> {
  return ort.InferenceSession.create(bytes, {
    executionProviders: [beside === null ? 'wasm' : { name: 'webgpu', device: beside }],
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    ...(gpu !== null && { preferredOutputLocation: 'gpu-buffer' as const }),
  }).catch(cause => {
    throw graphFailed(file, 'cannot be opened by ONNX Runtime', cause)
  })
}

interface SessionFacts {
  readonly session: Session
  readonly file: ManifestFile
  readonly ports: NetworkPorts
}

function arrayNetwork(ort: Ort, { session, file, ports }: SessionFacts): Network {
  const network = sessionNetwork<InstanceType<Ort['Tensor']>>({
    session,
    tensor: (type, data, dims) => new ort.Tensor(type, data, dims),
    ...{ file, ports },
  })
  return {
    ...network,
    async run(inputs, batch) {
      const outputs = await network.run(inputs, batch)
      await nextTask()
      return outputs
    },
  }
}

interface GpuFacts extends SessionFacts {
  readonly manifest: Manifest
  readonly memory: GpuMemory
  readonly watch: DeviceWatch
  readonly encoder: (() => Promise<Network>) | undefined
}

function gpuBackend(ort: Ort, facts: GpuFacts): SampleBackend<GpuArray> {
  const { session, file, ports, manifest, memory, watch, encoder } = facts
  const { channels, height, width } = manifest.image
  const inFlight = new InFlight(memory.device.queue)
  const velocity = async (x: GpuArray, inputs: DenoiserInputs): Promise<GpuArray> => {
    await watch.unlessLost(inFlight.room())
    const batch = x.length / (channels * height * width)
    const onGpu = (array: GpuArray) =>
      ort.Tensor.fromGpuBuffer(array.buffer, { dataType: 'float32', dims: [batch, channels, height, width] })
    const given = Object.entries(inputs) as [string, Float32Array | Int32Array][]
    const feeds = given.map(([name, values]) => {
      const port = ports.inputs.find(input => input.name === name)!
      return [name, new ort.Tensor(port.dtype, values, portDims(port, batch))]
    })
    const out = memory.take(x.length)
    const tensors = [onGpu(x), onGpu(out)]
    try {
      const run = session.run({ ...Object.fromEntries(feeds), x: tensors[0] }, { velocity: tensors[1]! })
      await watch.unlessLost(run)
      inFlight.add()
      await nextTask()
      return out
    } catch (cause) {
      memory.release(out)
      throw watch.lost() ?? graphFailed(file, 'failed while running', cause)
    } finally {
      for (const tensor of tensors) tensor.dispose()
    }
  }
  return {
    space: memory,
    velocity,
    ...(encoder && { encode: (kappa, label) => watch.unlessLost(encodeWith(manifest, encoder)(kappa, label)) }),
    upload: images => memory.upload(images),
    async download(state) {
      const numbers = await watch.unlessLost(memory.download(state))
      if (numbers.some(value => value !== 0)) return numbers
      throw new MixflowError('MODEL_OUTPUT_INVALID', 'the GPU gave nothing but zeros', {
        hint: 'it may be out of memory, or its driver faulty: use a smaller batchSize, or device: "wasm"',
      })
    },
  }
}

/** At most two evaluations lie before the GPU: it is never idle, and an abort leaves little behind. */
class InFlight {
  readonly #queue: GPUQueue
  readonly #done: Promise<unknown>[] = []

  constructor(queue: GPUQueue) {
    this.#queue = queue
  }

  add(): void {
    this.#done.push(this.#queue.onSubmittedWorkDone())
  }

  async room(): Promise<void> {
    while (this.#done.length >= 2) await this.#done.shift()
  }
}

interface DeviceWatch {
  /** The device goes because we let it go. */
  expected: boolean
  lost(): MixflowError | null
  /** The outcome of work on the device, or DEVICE_LOST as soon as the device is lost; such work may never end. */
  unlessLost<T>(work: Promise<T>): Promise<T>
}

function watchDevice(device: GPUDevice): DeviceWatch {
  let error: MixflowError | null = null
  const loss = device.lost.then(({ message }): never => {
    if (!watch.expected) error = deviceLost(message)
    throw error ?? deviceLost('it was released')
  })
  loss.catch(() => {})
  const watch: DeviceWatch = {
    expected: false,
    lost: () => error,
    unlessLost: work =>
      Promise.race([work, loss]).catch(async cause => {
        // work on a lost device fails in many ways, some before the loss is told
        await nextTask()
        throw error ?? cause
      }),
  }
  return watch
}

const deviceLost = (message: string) =>
  new MixflowError('DEVICE_LOST', `the GPU was lost: ${message || 'the browser gives no reason'}`, {
    hint: 'call again: the model starts anew, once on the GPU and after that on the processor',
  })
