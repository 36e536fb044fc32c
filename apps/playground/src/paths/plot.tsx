/**
 * A canvas that is redrawn when its drawing, its size or the theme changes. An animated drawing is redrawn up to 30 times a second while it
 * is visible. All drawing happens in animation frames.
 */
import { useEffect, useRef } from 'react'
import { useIsDark } from '../theme-button.tsx'

export interface Colours {
  readonly text: string
  readonly muted: string
  readonly line: string
  readonly panel: string
  readonly rectifiedFlow: string
  readonly mixflow: string
}

/** The surface of a drawing, in CSS pixels. */
export interface Paper {
  readonly context: CanvasRenderingContext2D
  readonly width: number
  readonly height: number
  readonly colours: Colours
}

export interface Drawing {
  drawStatic(paper: Paper): void
  /** Draws one frame over the static part. */
  drawFrame?(paper: Paper, milliseconds: number): void
}

export interface PlotProps {
  readonly drawing: Drawing
  /** For screen readers. */
  readonly label: string
  readonly className?: string
}

/** Minimum time between two frames, in milliseconds. */
const interval = 30

const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)')

export function Plot({ drawing, label, className }: PlotProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const painter = useRef<Painter>(null)
  const dark = useIsDark()

  useEffect(() => {
    const created = new Painter(canvas.current!)
    painter.current = created
    return () => created.destroy()
  }, [])
  useEffect(() => painter.current?.show(drawing), [drawing, dark])

  return <canvas ref={canvas} className={className} role="img" aria-label={label} />
}

class Painter {
  readonly #canvas: HTMLCanvasElement
  readonly #context: CanvasRenderingContext2D
  /** The static part of animated drawings. */
  readonly #background = document.createElement('canvas')
  readonly #resize: ResizeObserver
  readonly #visibility: IntersectionObserver
  #drawing: Drawing | undefined
  #isVisible = true
  #isStale = true
  #frame = 0
  #drawn = 0

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas
    this.#context = canvas.getContext('2d')!
    this.#resize = new ResizeObserver(() => this.#refresh())
    this.#resize.observe(canvas)
    this.#visibility = new IntersectionObserver(
      ([entry]) => {
        this.#isVisible = entry!.isIntersecting
        this.#schedule()
      },
      { rootMargin: '200px' },
    )
    this.#visibility.observe(canvas)
  }

  show(drawing: Drawing): void {
    this.#drawing = drawing
    this.#refresh()
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame)
    this.#resize.disconnect()
    this.#visibility.disconnect()
  }

  #refresh(): void {
    this.#isStale = true
    this.#schedule()
  }

  #schedule(): void {
    const isAnimated = this.#drawing?.drawFrame !== undefined && !reducedMotion.matches
    if (this.#frame !== 0 || !this.#isVisible || this.#drawing === undefined || !(this.#isStale || isAnimated)) return
    this.#frame = requestAnimationFrame(now => {
      this.#frame = 0
      if (this.#isStale || now - this.#drawn > interval) {
        this.#drawn = now
        this.#draw(now)
      }
      this.#schedule()
    })
  }

  #draw(now: number): void {
    const { clientWidth: width, clientHeight: height } = this.#canvas
    const drawing = this.#drawing!
    if (width === 0 || height === 0) {
      this.#isStale = false
      return
    }
    const scale = Math.min(devicePixelRatio, 2)
    const colours = coloursOf(this.#canvas)
    const isAnimated = drawing.drawFrame !== undefined
    const target = isAnimated ? this.#background : this.#canvas
    if (this.#isStale) {
      fit(target, width * scale, height * scale)
      const context = target.getContext('2d')!
      context.setTransform(scale, 0, 0, scale, 0, 0)
      context.clearRect(0, 0, width, height)
      drawing.drawStatic({ context, width, height, colours })
      this.#isStale = false
    }
    if (!isAnimated) return
    fit(this.#canvas, width * scale, height * scale)
    const context = this.#context
    context.setTransform(1, 0, 0, 1, 0, 0)
    context.clearRect(0, 0, this.#canvas.width, this.#canvas.height)
    context.drawImage(this.#background, 0, 0)
    context.setTransform(scale, 0, 0, scale, 0, 0)
    drawing.drawFrame!({ context, width, height, colours }, reducedMotion.matches ? Number.POSITIVE_INFINITY : now)
  }
}

function fit(canvas: HTMLCanvasElement, width: number, height: number): void {
  const [w, h] = [Math.round(width), Math.round(height)]
  if (canvas.width !== w) canvas.width = w
  if (canvas.height !== h) canvas.height = h
}

let cached: { readonly theme: boolean; readonly colours: Colours } | undefined

function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element)
  const theme = style.colorScheme === 'dark'
  if (cached?.theme === theme) return cached.colours
  const colour = (name: string) => style.getPropertyValue(name).trim()
  const colours = {
    text: colour('--text'),
    muted: colour('--muted'),
    line: colour('--line'),
    panel: colour('--panel'),
    rectifiedFlow: colour('--rectified-flow'),
    mixflow: colour('--mixflow'),
  }
  cached = { theme, colours }
  return colours
}
