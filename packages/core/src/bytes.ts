/**
 * `Uint8Array<ArrayBuffer>`: bytes whose memory is not shared, as `new Response(bytes)` and `new Blob([bytes])` require. Written by
 * what `Uint8Array.of` returns, since the type has a parameter only from TypeScript 5.7 on; before, it is `Uint8Array`.
 */
export type Bytes = ReturnType<Uint8ArrayConstructor['of']>

/** The same of bytes that are clipped, as ImageData has them. */
export type ClampedBytes = ReturnType<Uint8ClampedArrayConstructor['of']>
