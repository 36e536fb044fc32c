'use client'

import type { WebModel } from '@mixflow/sdk-web'
import { useEffect, useRef, useState } from 'react'

let model: Promise<WebModel> | undefined

/** Imported here and not above, the SDK is never evaluated while a server renders. */
const loadOnce = () => (model ??= import('@mixflow/sdk-web').then(({ loadModel }) => loadModel('/model/')))

/** Sixteen pictures, in four rows. */
async function draw(canvas: HTMLCanvasElement, seed: number, signal: AbortSignal) {
  const model = await loadOnce()
  const { images, nfe, milliseconds } = await model.sample({ count: 16, nfe: 5, seed, signal })
  const { image, device } = model.capabilities()
  canvas.width = 4 * image.width
  canvas.height = 4 * image.height
  const context = canvas.getContext('2d')!
  for (const [i, picture] of images.entries())
    context.putImageData(picture.toImageData(), (i % 4) * image.width, Math.floor(i / 4) * image.height)
  return `${images.length} pictures, ${nfe} evaluations each, ${milliseconds.toFixed()} ms on ${device}`
}

export function Pictures() {
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
      <canvas ref={canvas} role="img" aria-label="Sixteen pictures" />
      <p>
        <button type="button" onClick={() => setSeed(seed + 1)}>
          Sixteen more
        </button>{' '}
        <output>{status}</output>
      </p>
    </>
  )
}
