/** `Uint8Array<ArrayBuffer>`, memory that is not shared; written so that TypeScript before 5.7, whose type has no parameter, reads it, too. */
export type Bytes = ReturnType<Uint8ArrayConstructor['of']>
