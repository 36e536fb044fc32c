/**
 * Arrays on the GPU and their linear combinations, which are all that an ODE solver computes between two evaluations of the network:
 * states are read back only after the last step. Released buffers are reused for states of the same size; `destroy` frees all.
 *
 * A combination is one small WGSL kernel, compiled once for each number of terms. Sums of more than seven terms take several.
 */
import { type ErrorScale, type LinearSpace, type LinearTerm, MixflowError } from '@mixflow/core'

export interface GpuArray {
  readonly buffer: GPUBuffer
  readonly length: number
}

/** WebGPU guarantees eight storage buffers per shader stage; one is the output. */
const maxTerms = 7
/** Values of GPUBufferUsage and GPUMapMode, which TypeScript's library does not declare. */
const usages = { mapRead: 1, copyFrom: 4, copyTo: 8, uniform: 64, storage: 128 } as const
const mapForReading = 1
const groupSize = 256
const bytesPerNumber = 4
/** The length, three words of padding, eight factors. */
const parameterBytes = 16 + 4 * 8

export class GpuMemory implements LinearSpace<GpuArray> {
  readonly device: GPUDevice
  readonly #parameters: GPUBuffer
  readonly #pipelines = new Map<number, GPUComputePipeline>()
  readonly #free = new Map<number, GPUBuffer[]>()
  readonly #all = new Set<GPUBuffer>()
  #held = 0

  constructor(device: GPUDevice) {
    this.device = device
    const usage = usages.uniform | usages.copyTo
    this.#parameters = device.createBuffer({ size: parameterBytes, usage })
  }

  /** Number of arrays in use. */
  get held(): number {
    return this.#held
  }

  /** Returns an array of undefined content. */
  take(length: number): GpuArray {
    const size = 16 * Math.ceil((length * bytesPerNumber) / 16)
    const buffer = this.#free.get(size)?.pop() ?? this.#create(size)
    this.#held++
    return { buffer, length }
  }

  release({ buffer }: GpuArray): void {
    this.#held--
    this.#free.set(buffer.size, [...(this.#free.get(buffer.size) ?? []), buffer])
  }

  upload(numbers: Float32Array): GpuArray {
    const array = this.take(numbers.length)
    this.device.queue.writeBuffer(array.buffer, 0, numbers as Float32Array<ArrayBuffer>)
    return array
  }

  async download({ buffer, length }: GpuArray): Promise<Float32Array> {
    const size = length * bytesPerNumber
    const staging = this.device.createBuffer({ size, usage: usages.mapRead | usages.copyTo })
    try {
      const encoder = this.device.createCommandEncoder()
      encoder.copyBufferToBuffer(buffer, 0, staging, 0, size)
      this.device.queue.submit([encoder.finish()])
      await staging.mapAsync(mapForReading)
      return new Float32Array(staging.getMappedRange().slice(0))
    } finally {
      staging.destroy()
    }
  }

  combine(terms: readonly LinearTerm<GpuArray>[]): GpuArray {
    const first = this.#combineFew(terms.slice(0, maxTerms))
    if (terms.length <= maxTerms) return first
    const sum = this.combine([{ factor: 1, of: first }, ...terms.slice(maxTerms)])
    this.release(first)
    return sum
  }

  /** Computed on the CPU: only adaptive solvers need the norm, and they wait for it in any case. */
  async norm(x: GpuArray, { rtol, atol, at }: ErrorScale<GpuArray>): Promise<number> {
    const [values, ...states] = await Promise.all([x, ...at].map(array => this.download(array)))
    let sum = 0
    for (const [i, value] of values!.entries()) {
      const size = states.reduce((most, state) => Math.max(most, Math.abs(state[i]!)), 0)
      sum += (value / (atol + rtol * size)) ** 2
    }
    return Math.sqrt(sum / x.length)
  }

  destroy(): void {
    for (const buffer of [this.#parameters, ...this.#all]) buffer.destroy()
    this.#free.clear()
  }

  #combineFew(terms: readonly LinearTerm<GpuArray>[]): GpuArray {
    const { length } = terms[0]!.of
    if (terms.some(({ of }) => of.length !== length)) {
      throw new MixflowError('ARGUMENT_INVALID', 'the terms of a linear combination differ in length')
    }
    const out = this.take(length)
    const parameters = new Float32Array(parameterBytes / 4)
    new Uint32Array(parameters.buffer)[0] = length
    for (const [i, { factor }] of terms.entries()) parameters[4 + i] = factor
    this.device.queue.writeBuffer(this.#parameters, 0, parameters)

    const pipeline = this.#pipeline(terms.length)
    const buffers = [this.#parameters, out.buffer, ...terms.map(({ of }) => of.buffer)]
    const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }))
    const encoder = this.device.createCommandEncoder()
    const pass = encoder.beginComputePass()
    pass.setPipeline(pipeline)
    pass.setBindGroup(0, this.device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }))
    const groups = Math.ceil(length / groupSize)
    // WebGPU limits a dispatch to 65,535 workgroups per dimension
    const wide = Math.min(groups, 65_535)
    pass.dispatchWorkgroups(wide, Math.ceil(groups / wide))
    pass.end()
    this.device.queue.submit([encoder.finish()])
    return out
  }

  #pipeline(terms: number): GPUComputePipeline {
    const known = this.#pipelines.get(terms)
    if (known !== undefined) return known
    const module = this.device.createShaderModule({ code: combination(terms) })
    const pipeline = this.device.createComputePipeline({ layout: 'auto', compute: { module, entryPoint: 'combine' } })
    this.#pipelines.set(terms, pipeline)
    return pipeline
  }

  #create(size: number): GPUBuffer {
    const usage = usages.storage | usages.copyFrom | usages.copyTo
    const buffer = this.device.createBuffer({ size, usage })
    this.#all.add(buffer)
    return buffer
  }
}

/** WGSL of out = Σ factors[k] · x[k]. */
function combination(terms: number): string {
  const all = Array.from({ length: terms }, (_, i) => i)
  const inputs = all.map(i => `@group(0) @binding(${i + 2}) var<storage, read> x${i}: array<f32>;`)
  const sum = all.map(i => `parameters.factors[${Math.floor(i / 4)}][${i % 4}] * x${i}[i]`)
  return `
struct Parameters { length: u32, factors: array<vec4<f32>, 2> }
@group(0) @binding(0) var<uniform> parameters: Parameters;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
${inputs.join('\n')}
@compute @workgroup_size(${groupSize})
fn combine(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * ${groupSize}u;
  if (i < parameters.length) { out[i] = ${sum.join(' + ')}; }
}`
}
