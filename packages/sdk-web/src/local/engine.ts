/**
 * A model's networks in ONNX Runtime on one device, as the backend that core's sampler calls. On WebGPU all sessions use our own
 * GPUDevice; states are buffers on it (gpu-memory.ts), which the denoiser reads and writes in place. On WebAssembly states are arrays.
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
import type { Ort } from '../packed/ort.ts'
import { type DeviceLease, type DeviceWatch, watchDevice } from './gpu-device.ts'
import { type GpuArray, GpuMemory } from './gpu-memory.ts'
import { nextTask } from './next-task.ts'

export interface Graph {
  readonly file: ManifestFile
  readonly bytes: Uint8Array
}

export interface EngineOptions {
  readonly manifest: Manifest
  readonly denoiser: Graph
  /** Reads the encoder; undefined if the model has none. */
  readonly encoder: (() => Promise<Graph>) | undefined
  /** ONNX Runtime's build for the device. */
  readonly ort: Ort
  /** null: run on the CPU. */
  readonly gpu: DeviceLease | null
}

export interface Engine {
  readonly device: Device
  readonly dtype: Precision
  readonly backend: SampleBackend<unknown>
  /** Opens the encoder, which is otherwise opened at its first use. */
  openEncoder(): Promise<unknown>
  /** The error after the device was lost, else null. */
  lost(): MixflowError | null
  release(): Promise<void>
}

type Session = Awaited<ReturnType<Ort['InferenceSession']['create']>>

/** @throws MixflowError MODEL_INVALID */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { manifest, denoiser, ort } = options
  const gpu = options.gpu?.device ?? null
  const session = await openSession(ort, denoiser, { gpu, outputOnGpu: gpu !== null })
  const encoder =
    options.encoder &&
    once(async () => {
      const graph = await options.encoder!()
      const ports = manifest.networks.encoder!
      return arrayNetwork(ort, { session: await openSession(ort, graph, { gpu }), file: graph.file, ports })
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
        options.gpu?.release()
      })
      return released
    },
  }
}

interface SessionOptions {
  /** null: run on the CPU. */
  readonly gpu: GPUDevice | null
  /** Whether outputs stay on the GPU. Default: false. */
  readonly outputOnGpu?: boolean
}

async function openSession(ort: Ort, { file, bytes }: Graph, options: SessionOptions): Promise<Session> {
  const { gpu, outputOnGpu = false } = options
  return ort.InferenceSession.create(bytes, {
    executionProviders: [gpu === null ? 'wasm' : { name: 'webgpu', device: gpu }],
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    ...(outputOnGpu && { preferredOutputLocation: 'gpu-buffer' as const }),
  }).catch(cause => {
    throw graphFailed(file, 'cannot be opened by ONNX Runtime', cause)
  })
}

interface SessionFacts {
  readonly session: Session
  readonly file: ManifestFile
  readonly ports: NetworkPorts
}

/** A network whose inputs and outputs are arrays. */
function arrayNetwork(ort: Ort, facts: SessionFacts): Network {
  const network = sessionNetwork<InstanceType<Ort['Tensor']>>({
    ...facts,
    tensor: (type, data, dims) => new ort.Tensor(type, data, dims),
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
  const submitted: Promise<unknown>[] = []
  /** At most two evaluations are queued on the GPU: it is never idle, and after an abort little work remains. */
  const waitForQueue = async () => {
    while (submitted.length >= 2) await submitted.shift()
  }
  const velocity = async (x: GpuArray, inputs: DenoiserInputs): Promise<GpuArray> => {
    await watch.unlessLost(waitForQueue())
    const batch = x.length / (channels * height * width)
    const tensorOf = ({ buffer }: GpuArray) =>
      ort.Tensor.fromGpuBuffer(buffer, { dataType: 'float32', dims: [batch, channels, height, width] })
    const feeds = (Object.entries(inputs) as [string, Float32Array | Int32Array][]).map(([name, values]) => {
      const port = ports.inputs.find(input => input.name === name)!
      return [name, new ort.Tensor(port.dtype, values, portDims(port, batch))]
    })
    const out = memory.take(x.length)
    const tensors = [tensorOf(x), tensorOf(out)]
    try {
      const run = session.run({ ...Object.fromEntries(feeds), x: tensors[0] }, { velocity: tensors[1]! })
      await watch.unlessLost(run)
      submitted.push(memory.device.queue.onSubmittedWorkDone())
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
      throw new MixflowError('MODEL_OUTPUT_INVALID', 'the GPU returned only zeros', {
        hint: 'it may be out of memory or have a faulty driver: use a smaller batchSize, or device: "wasm"',
      })
    },
  }
}
