export { crc32 } from '@mixflow/core/internal'
export { type ByteSource, bytesSource, openByteSource } from './byte-source.ts'
export { type DiskErrorOptions, diskError } from './disk-error.ts'
export { type FileLock, type LockOptions, lockFile, tryLockFile } from './lock-file.ts'
export { makeFolder } from './make-folder.ts'
export type { Owner } from './owner.ts'
export {
  checkRegularFile,
  openRegularFile,
  readFailure,
  readRegularFile,
  readRegularFileSync,
  readRegularStart,
  readRegularText,
} from './regular-file.ts'
export { removeLeftovers, temporaryPath } from './temporary.ts'
export { type FileContent, type WriteOptions, writeFileDurably } from './write-file.ts'
export { type FolderOptions, writeFolderDurably } from './write-folder.ts'
export { readZipDirectory, type ZipDirectory, type ZipEntry, ZipError, type ZipProblem } from './zip/zip-directory.ts'
export { locateZipEntry, readZipEntry, readZipHead } from './zip/zip-entry.ts'
