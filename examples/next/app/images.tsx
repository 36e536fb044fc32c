'use client'

import type { WebModel } from '@mixflow/sdk-web'
import { useEffect, useRef, useState } from 'react'

let model: Promise<WebModel> | undefined

/** Imported dynamically, so that the SDK is never evaluated on the server. */
const loadOnce = () => (model ??= import('@mixflow/sdk-web').then(({ loadModel }) => loadModel('/model/')))

/** Sixteen images, in four rows. */
async function draw(canvas: HTMLCanvasElement, seed: number, signal: AbortSignal) {
  const model = await loadOnce()
  const { images, nfe, milliseconds } = await model.sample({ count: 16, nfe: 5, seed, signal })
  const { image: shape, device } = model.capabilities()
  canvas.width = 4 * shape.width
  canvas.height = 4 * shape.height
  const context = canvas.getContext('2d')!
  for (const [i, image] of images.entries())
    context.putImageData(image.toImageData(), (i % 4) * shape.width, Math.floor(i / 4) * shape.height)
  return `${images.length} images, ${nfe} evaluations per image, ${milliseconds.toFixed()} ms on ${device}`
}

export function Images() {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [seed, setSeed] = useState(42)
  const [status, setStatus] = useState('Loading …')

  useEffect(() => {
    const controller = new AbortController()
    draw(canvas.current!, seed, controller.signal).then(setStatus, error => {
      if (error.code !== 'ABORTED') setStatus(`${error.message}: ${error.hint}`)
    })
    return () => controller.abort()
  }, [seed])

  return (
    <>
      <canvas ref={canvas} role="img" aria-label="Sixteen images" />
      <p>
        <button type="button" onClick={() => setSeed(seed + 1)}>
          Sixteen more
        </button>{' '}
        <output>{status}</output>
      </p>
    </>
  )
}
