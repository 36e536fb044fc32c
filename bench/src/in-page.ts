/** Benchmarks in Chromium: opens a page of `page/`, and calls the functions that it exports as `mixflowPage`. */

import { type OpenPage, openPage } from '@mixflow/page'

// biome-ignore lint/suspicious/noExplicitAny: the parameters of any function
type Functions = Readonly<Record<string, (...args: any[]) => unknown>>

export interface BenchPage<F extends Functions> extends AsyncDisposable {
  readonly page: OpenPage['page']
  call<K extends keyof F & string>(name: K, ...args: Parameters<F[K]>): Promise<Awaited<ReturnType<F[K]>>>
}

type Options = NonNullable<Parameters<typeof openPage>[2]>

/** @param name of the file in `page/` @param model folder of a model that the page loads with sdk-web */
export async function openBenchPage<F extends Functions>(
  executable: string,
  name: string,
  { model, ...options }: Options & { readonly model?: string } = {},
): Promise<BenchPage<F>> {
  const worker = new URL('../../packages/sdk-web/src/worker/start.ts', import.meta.url)
  const open = await openPage(executable, new URL(`page/${name}.ts`, import.meta.url), {
    ...(model === undefined ? {} : { folders: { model }, scripts: { start: worker } }),
    ...options,
  })
  return {
    page: open.page,
    call: (name, ...args) =>
      open.page.evaluate(
        ([key, values]) => (globalThis as unknown as { mixflowPage: Functions }).mixflowPage[key]!(...values),
        [name, args] as const,
      ) as never,
    [Symbol.asyncDispose]: () => open[Symbol.asyncDispose](),
  }
}
