/** Images as numbers and bytes, and grids of them. */
export { type GridOptions, imageGrid } from './grid.ts'
export { type ByteRounding, fromBytes, type PlanarImage, type RawImage, type RgbaImage, toBytes } from './pixels.ts'
