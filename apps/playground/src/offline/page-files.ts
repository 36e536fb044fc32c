/** What the build tells the service worker; addresses are relative to it. */
export interface PageFiles {
  /** Another one for other contents. */
  readonly version: string
  /** All that the page is made of, but for what is large. */
  readonly files: readonly string[]
  /** ONNX Runtime's WebAssembly, by the device that needs it. */
  readonly runtimes: Readonly<Record<string, readonly string[]>>
}
