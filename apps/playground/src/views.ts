/** The views, in the order of the navigation. Each is imported when it is first opened. */
import { type ComponentType, type LazyExoticComponent, lazy } from 'react'

export interface View {
  /** In the URL. */
  readonly id: string
  readonly title: string
  readonly Component: LazyExoticComponent<ComponentType>
}

const view = (id: string, title: string, load: () => Promise<{ default: ComponentType }>): View => ({
  id,
  title,
  Component: lazy(load),
})

export const views: readonly View[] = [
  view('paths', 'Paths', () => import('./paths/paths-view.tsx')),
  view('generate', 'Generate', () => import('./generate/generate-view.tsx')),
  view('few-steps', 'Few steps', () => import('./few-steps/few-steps-view.tsx')),
  view('kappa', 'κ-FC', () => import('./kappa/kappa-view.tsx')),
  view('inspect', 'Inspect', () => import('./inspect/inspect-view.tsx')),
  view('device', 'Device', () => import('./device/device-view.tsx')),
]
