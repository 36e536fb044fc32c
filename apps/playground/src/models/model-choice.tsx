/** Which model: one of the zoo, or another by its address or folder. */
import { Dialog } from '@base-ui/react/dialog'
import { useState } from 'react'
import { Problem } from '../parts/problem.tsx'
import { Select } from '../parts/select.tsx'
import { formatBytes } from '../parts/units.ts'
import type { Zoo } from './catalogue.ts'
import { type FolderFiles, modelOf } from './dropped-folder.ts'
import { PlaceForm } from './place-form.tsx'
import { keepFolder } from './places.ts'

export interface ModelChoiceProps {
  readonly label: string
  readonly value: string
  readonly zoo: Zoo | undefined
  readonly onChange: (word: string) => void
}

const other = '…'

export function ModelChoice({ label, value, zoo = [], onChange }: ModelChoiceProps) {
  const [isAsking, setAsking] = useState(false)
  const first = zoo[0]?.name ?? ''
  const shown = value === '' ? first : value
  const unlisted = zoo.some(({ name }) => name === shown)
    ? []
    : [{ value: shown, title: shown === '' ? 'none yet' : shortened(shown) }]
  const models = zoo.map(({ name, bytes }) => ({ value: name, title: `${name} (${formatBytes(bytes)})` }))
  return (
    <>
      <Select
        {...{ label, value: shown }}
        options={[...unlisted, ...models, { value: other, title: 'Another …' }]}
        onChange={word => (word === other ? setAsking(true) : onChange(word === first ? '' : word))}
      />
      <Dialog.Root open={isAsking} onOpenChange={setAsking}>
        <Dialog.Portal>
          <Dialog.Backdrop className="backdrop" />
          <Dialog.Popup className="dialog panel">
            <Dialog.Title>Open a model</Dialog.Title>
            <Dialog.Description>
              By the address of its folder, or a folder of this machine, which stays in this page.
            </Dialog.Description>
            <OpenModel
              onChange={word => {
                setAsking(false)
                onChange(word)
              }}
            />
            <div className="dialog-buttons">
              <span className="spring" />
              <Dialog.Close className="button">Cancel</Dialog.Close>
            </div>
          </Dialog.Popup>
        </Dialog.Portal>
      </Dialog.Root>
    </>
  )
}

/** Asks for an address or a folder, and gives the word that stands for it in the page's address. */
export function OpenModel({
  onChange,
  isPanel = false,
}: {
  readonly onChange: (word: string) => void
  readonly isPanel?: boolean
}) {
  const [error, setError] = useState<unknown>(null)
  const openFiles = async (files: () => FolderFiles) => {
    try {
      onChange(keepFolder((await modelOf(files())).model))
    } catch (failure) {
      setError(failure)
    }
  }
  return (
    <>
      <PlaceForm from="" {...{ isPanel }} onAddress={onChange} onFiles={files => void openFiles(files)} />
      {error !== null && <Problem error={error} title="The folder is no model" />}
    </>
  )
}

const shortened = (word: string) => (word.length <= 36 ? word : `${word.slice(0, 12)} … ${word.slice(-20)}`)
