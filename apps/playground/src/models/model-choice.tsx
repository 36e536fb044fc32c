/** A select with the served models and a dialog to open another one. */
import { Dialog } from '@base-ui/react/dialog'
import { useState } from 'react'
import { Modal } from '../parts/modal.tsx'
import { Select } from '../parts/select.tsx'
import { formatBytes } from '../parts/units.ts'
import { OpenModel } from './model-source-form.tsx'
import type { ServedModel } from './served-models.ts'

export interface ModelChoiceProps {
  readonly label: string
  /** Model ID; null: none selected. */
  readonly value: string | null
  readonly served: readonly ServedModel[] | undefined
  readonly onChange: (id: string) => void
}

const other = '…'

export function ModelChoice({ label, value, served = [], onChange }: ModelChoiceProps) {
  const [isOpen, setOpen] = useState(false)
  const first = served[0]?.name ?? ''
  const selected = value === '' ? first : (value ?? '')
  const models = served.map(({ name, bytes }) => ({ value: name, title: `${name} (${formatBytes(bytes)})` }))
  const unlisted = served.some(({ name }) => name === selected)
    ? []
    : [{ value: selected, title: selected === '' ? 'Select a model' : shortened(selected) }]
  return (
    <>
      <Select
        label={label}
        value={selected}
        options={[...unlisted, ...models, { value: other, title: 'Other…' }]}
        onChange={id => (id === other ? setOpen(true) : onChange(id === first ? '' : id))}
      />
      <Modal
        isOpen={isOpen}
        title="Open a model"
        description="Enter the URL of a model folder, or choose a folder on your device. Its files are not uploaded."
        onClose={() => setOpen(false)}
      >
        <OpenModel
          onChange={id => {
            setOpen(false)
            onChange(id)
          }}
        />
        <div className="dialog-buttons">
          <span className="spring" />
          <Dialog.Close className="button">Cancel</Dialog.Close>
        </div>
      </Modal>
    </>
  )
}

const shortened = (id: string) => (id.length <= 36 ? id : `${id.slice(0, 12)}…${id.slice(-20)}`)
