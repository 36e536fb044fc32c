/** The model emoji for `loadModel` of `@mixflow/sdk-web` and `@mixflow/sdk-node`. */
declare const model: { readonly manifest: object; readonly files: Readonly<Record<string, string>> }
export default model
