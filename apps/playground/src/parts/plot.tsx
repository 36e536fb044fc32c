/**
 * A canvas that is drawn anew when what it shows, its size or the theme changes; and, where it moves, in each frame while it can be
 * seen. All drawing happens in animation frames.
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

/** What a drawing draws on, in CSS pixels. */
export interface Paper {
  readonly context: CanvasRenderingContext2D
  readonly width: number
  readonly height: number
  readonly colours: Colours
}

export interface Drawing {
  still(paper: Paper): void
  /** Over a copy of the still part. */
  moving?(paper: Paper, milliseconds: number): void
}

export interface PlotProps {
  /** A new one is drawn at once. */
  readonly drawing: Drawing
  /** What it shows, in words. */
  readonly label: string
  readonly className?: string
}

/** What moves is drawn 30 times a second at most, in milliseconds. */
const interval = 30

const calm = matchMedia('(prefers-reduced-motion: reduce)')

export function Plot({ drawing, label, className }: PlotProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const painter = useRef<Painter>(null)
  const dark = useIsDark()

  useEffect(() => {
    const mine = new Painter(canvas.current!)
    painter.current = mine
    return () => mine.end()
  }, [])
  useEffect(() => painter.current?.show(drawing), [drawing, dark])

  return <canvas ref={canvas} className={className} role="img" aria-label={label} />
}

class Painter {
  readonly #canvas: HTMLCanvasElement
  readonly #context: CanvasRenderingContext2D
  /** The still part, for drawings that move. */
  readonly #below = document.createElement('canvas')
  readonly #size: ResizeObserver
  readonly #sight: IntersectionObserver
  #drawing: Drawing | undefined
  #isSeen = true
  #isStale = true
  #frame = 0
  #drawn = 0

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas
    this.#context = canvas.getContext('2d')!
    this.#size = new ResizeObserver(() => this.#refresh())
    this.#size.observe(canvas)
    this.#sight = new IntersectionObserver(
      ([entry]) => {
        this.#isSeen = entry!.isIntersecting
        this.#plan()
      },
      { rootMargin: '200px' },
    )
    this.#sight.observe(canvas)
  }

  show(drawing: Drawing): void {
    this.#drawing = drawing
    this.#refresh()
  }

  end(): void {
    cancelAnimationFrame(this.#frame)
    this.#size.disconnect()
    this.#sight.disconnect()
  }

  #refresh(): void {
    this.#isStale = true
    this.#plan()
  }

  #plan(): void {
    const moves = this.#drawing?.moving !== undefined && !calm.matches
    if (this.#frame !== 0 || !this.#isSeen || this.#drawing === undefined || !(this.#isStale || moves)) return
    this.#frame = requestAnimationFrame(now => {
      this.#frame = 0
      if (this.#isStale || now - this.#drawn > interval) {
        this.#drawn = now
        this.#draw(now)
      }
      this.#plan()
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
    const moves = drawing.moving !== undefined
    const target = moves ? this.#below : this.#canvas
    if (this.#isStale) {
      fit(target, width * scale, height * scale)
      const context = target.getContext('2d')!
      context.setTransform(scale, 0, 0, scale, 0, 0)
      context.clearRect(0, 0, width, height)
      drawing.still({ context, width, height, colours })
      this.#isStale = false
    }
    if (!moves) return
    fit(this.#canvas, width * scale, height * scale)
    const context = this.#context
    context.setTransform(1, 0, 0, 1, 0, 0)
    context.clearRect(0, 0, this.#canvas.width, this.#canvas.height)
    context.drawImage(this.#below, 0, 0)
    context.setTransform(scale, 0, 0, scale, 0, 0)
    drawing.moving!({ context, width, height, colours }, calm.matches ? Number.POSITIVE_INFINITY : now)
  }
}

function fit(canvas: HTMLCanvasElement, width: number, height: number): void {
  const [w, h] = [Math.round(width), Math.round(height)]
  if (canvas.width !== w) canvas.width = w
  if (canvas.height !== h) canvas.height = h
}

let known: { readonly theme: boolean; readonly colours: Colours } | undefined

function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element)
  const theme = style.colorScheme === 'dark'
  if (known?.theme === theme) return known.colours
  const colour = (name: string) => style.getPropertyValue(name).trim()
  const colours = {
    text: colour('--text'),
    muted: colour('--muted'),
    line: colour('--line'),
    panel: colour('--panel'),
    rectifiedFlow: colour('--rectified-flow'),
    mixflow: colour('--mixflow'),
  }
  known = { theme, colours }
  return colours
}
