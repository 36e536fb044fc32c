/** Opening a model by its URL or from a local folder. */
import { Button } from '@base-ui/react/button'
import { Field } from '@base-ui/react/field'
import { type FormEvent, useState } from 'react'
import { FileButton } from '../parts/file-button.tsx'
import { Problem } from '../parts/problem.tsx'
import { chosenFiles, type FolderFiles, modelIn } from './local-folder.ts'
import { addFolder } from './model-source.ts'

export interface ModelSourceFormProps {
  /** Initial URL. */
  readonly url: string
  readonly isPanel?: boolean
  readonly canDrop?: boolean
  readonly onUrl: (url: string) => void
  readonly onFiles: (files: () => FolderFiles) => void
}

export function ModelSourceForm({ url, isPanel = false, canDrop = false, onUrl, onFiles }: ModelSourceFormProps) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    onUrl(String(new FormData(event.currentTarget).get('url') ?? '').trim())
  }
  return (
    <form className={isPanel ? 'panel model-source' : 'model-source'} onSubmit={submit}>
      <Field.Root className="control model-url" key={url}>
        <Field.Label className="control-label">Model URL</Field.Label>
        <Field.Control className="text" name="url" defaultValue={url} placeholder="/models/digits/" required />
      </Field.Root>
      <Button className="button primary" type="submit">
        Open
      </Button>
      <span className="muted or">or</span>
      <FileButton
        title="Choose folder…"
        name="Model folder"
        accept="folder"
        onFiles={files => onFiles(() => chosenFiles(files))}
      />
      {canDrop && <span className="muted or drop-hint">or drop one anywhere on this page</span>}
    </form>
  )
}

/** The form of views that refer to models by ID. */
export function OpenModel({
  onChange,
  isPanel = false,
}: {
  readonly onChange: (id: string) => void
  readonly isPanel?: boolean
}) {
  const [error, setError] = useState<unknown>(null)
  const openFiles = async (files: () => FolderFiles) => {
    try {
      onChange(addFolder((await modelIn(files())).model))
    } catch (failure) {
      setError(failure)
    }
  }
  return (
    <>
      <ModelSourceForm url="" isPanel={isPanel} onUrl={onChange} onFiles={files => void openFiles(files)} />
      {error !== null && <Problem error={error} title="Can’t open this folder" />}
    </>
  )
}
