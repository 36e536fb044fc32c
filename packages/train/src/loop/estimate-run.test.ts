import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { useOnnxBackend } from '@mixflow/tfjs-onnx'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { tinyConfig, tinyData } from '../fixtures/tiny-run.ts'
import { dataFacts, parameterCounts, trainingModel } from '../step/training-model.ts'
import { estimateRun } from './estimate-run.ts'

beforeAll(async () => {
  await useOnnxBackend({ threads: 1 })
})

describe('estimateRun', () => {
  const data = tinyData()
  const config = tinyConfig({ totalImages: 6000, sampleEveryImages: 3000 })

  it('measures steps, estimates the rest of the run, and leaks nothing', async () => {
    const [folder, before] = [mkdtempSync(join(tmpdir(), 'mixflow-estimate-')), process.cwd()]
    const tensors = tf.memory().numTensors
    process.chdir(folder)
    try {
      const { imagesPerSecond, buildSeconds, gridSeconds, totalSeconds, ...rest } = await estimateRun({
        config,
        data,
        startImages: 1200,
      })
      expect(rest.measuredSteps).toBe(8)
      expect(imagesPerSecond).toBe(Math.max(...rest.rounds))
      expect(rest.rounds).toHaveLength(2)
      expect(rest.parameters).toEqual(parameterCounts(trainingModel(config, dataFacts(data))))
      expect(rest.peakMemoryBytes).toBeGreaterThan(20e6)
      expect(rest.peakMemoryBytes).toBeGreaterThanOrEqual(process.memoryUsage.rss() / 2)
      expect(totalSeconds).toBeCloseTo(buildSeconds + 4800 / imagesPerSecond + 2 * gridSeconds, 9)
      expect(readdirSync(folder)).toEqual([])
    } finally {
      process.chdir(before)
      rmSync(folder, { recursive: true })
    }
    expect(existsSync(folder)).toBe(false)
    expect(tf.memory().numTensors).toBe(tensors)
  })

  it('stops when aborted', async () => {
    const tensors = tf.memory().numTensors
    await expect(estimateRun({ config, data, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' })
    expect(tf.memory().numTensors).toBe(tensors)
  })
})
