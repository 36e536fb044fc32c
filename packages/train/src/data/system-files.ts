/**
 * Files and folders that programs and storage devices put between a person's files: thumbnails, waste bins, indexes. They
 * are never images of the set, and their folders are never classes.
 */

const folders: readonly RegExp[] = [
  /^\./, // hidden: .git, .thumbnails, .Trash-1000, .ipynb_checkpoints, .@__thumb of QNAP
  /^@(eaDir|Recycle|Recently-Snapshot|tmp|sharebin|SynoResource)$/i, // Synology, QNAP
  /^#(recycle|snapshot)$/i,
  /^(lost\+found|__MACOSX|__pycache__|\$RECYCLE\.BIN|RECYCLER|System Volume Information)$/i,
  /^(Network Trash Folder|Temporary Items|TheVolumeSettingsFolder|\$Extend)$/i,
]

const files: readonly RegExp[] = [
  /^\./, // hidden: .DS_Store, and ._name, which macOS puts beside each file
  /^(Thumbs\.db|ehthumbs(_vista)?\.db|desktop\.ini|Icon\r|Picasa\.ini|ZbThumbnail\.info)$/i,
  /@Syno(EAStream|Resource|Photo.*)$/i,
  /^SYNO(PHOTO|FILE|VIDEO)_/, // thumbnails beside each photo
]

/** Whether a folder of this name is the system's. */
export const isSystemFolder = (name: string): boolean => folders.some(pattern => pattern.test(name))

/**
 * What of a path is the system's: the path up to the outermost such folder, the whole path for such a file, or null.
 *
 * @param path below the data folder, with `/`
 */
export function systemPart(path: string): string | null {
  const parts = path.split('/')
  const at = parts.slice(0, -1).findIndex(isSystemFolder)
  if (at >= 0) return `${parts.slice(0, at + 1).join('/')}/`
  return files.some(pattern => pattern.test(parts.at(-1)!)) ? path : null
}
