/** Where a model is: an address, or a folder of this machine. */
import { Button } from '@base-ui/react/button'
import { Field } from '@base-ui/react/field'
import { type FormEvent, type RefObject, useRef } from 'react'
import { chosenFiles, type FolderFiles } from './dropped-folder.ts'

export interface PlaceFormProps {
  readonly from: string
  /** Whether the form stands for itself. */
  readonly isPanel?: boolean
  readonly canDrop?: boolean
  readonly onAddress: (address: string) => void
  readonly onFiles: (files: () => FolderFiles) => void
}

export function PlaceForm({ from, isPanel = false, canDrop = false, onAddress, onFiles }: PlaceFormProps) {
  const input = useRef<HTMLInputElement>(null)
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    onAddress(String(new FormData(event.currentTarget).get('address') ?? '').trim())
  }
  return (
    <form className={isPanel ? 'panel places' : 'places'} onSubmit={submit}>
      <Field.Root className="control address" key={from}>
        <Field.Label className="control-label">Address of a model</Field.Label>
        <Field.Control className="text" name="address" defaultValue={from} placeholder="/models/digits/" required />
      </Field.Root>
      <Button className="button primary" type="submit">
        Open
      </Button>
      <span className="muted or">or</span>
      <Button className="button" onClick={() => input.current!.click()}>
        Choose a folder …
      </Button>
      {canDrop && <span className="muted or drop-hint">or drop it here</span>}
      <input
        ref={folderInput(input)}
        className="hidden"
        type="file"
        aria-label="Folder of a model"
        tabIndex={-1}
        onChange={event => {
          const { files } = event.currentTarget
          if (files !== null && files.length > 0) onFiles(() => chosenFiles(files))
        }}
      />
    </form>
  )
}

/** React knows no attribute for folders. */
const folderInput = (input: RefObject<HTMLInputElement | null>) => (element: HTMLInputElement | null) => {
  element?.setAttribute('webkitdirectory', '')
  input.current = element
}
