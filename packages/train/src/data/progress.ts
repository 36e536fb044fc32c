/** How far the opening of a data set is, for a progress bar. Called often; a display throttles itself. */
export interface DataProgress {
  /** `wait` while another process downloads the same file, `download` and `verify` count bytes, `read` counts images. */
  readonly phase: 'wait' | 'download' | 'verify' | 'read'
  /** File name or path that it is about. */
  readonly what: string
  readonly done: number
  readonly total: number
}

export type OnProgress = (progress: DataProgress) => void
