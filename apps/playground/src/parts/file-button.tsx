import { Button } from '@base-ui/react/button'
import { useRef } from 'react'

export interface FileButtonProps {
  readonly title: string
  /** Name of the file input, for screen readers. */
  readonly name: string
  /** Accepted file types, such as `image/*`; `folder`: a whole folder. */
  readonly accept: string
  readonly onFiles: (files: FileList) => void
}

/** A button that opens the browser's file dialog. */
export function FileButton({ title, name, accept, onFiles }: FileButtonProps) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <Button className="button" onClick={() => input.current!.click()}>
        {title}
      </Button>
      <input
        ref={element => {
          // React has no prop for folders
          if (accept === 'folder') element?.setAttribute('webkitdirectory', '')
          input.current = element
        }}
        className="hidden"
        type="file"
        accept={accept === 'folder' ? undefined : accept}
        aria-label={name}
        tabIndex={-1}
        onChange={({ currentTarget }) => {
          const { files } = currentTarget
          if (files !== null && files.length > 0) onFiles(files)
        }}
      />
    </>
  )
}
