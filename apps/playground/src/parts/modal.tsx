import { Dialog } from '@base-ui/react/dialog'
import type { ReactNode } from 'react'

export interface ModalProps {
  readonly isOpen?: boolean
  readonly title: string
  readonly description: ReactNode
  readonly onClose: () => void
  readonly children: ReactNode
}

/** A dialog over the page. */
export const Modal = ({ isOpen = true, title, description, onClose, children }: ModalProps) => (
  <Dialog.Root open={isOpen} onOpenChange={open => !open && onClose()}>
    <Dialog.Portal>
      <Dialog.Backdrop className="backdrop" />
      <Dialog.Popup className="dialog panel">
        <Dialog.Title>{title}</Dialog.Title>
        <Dialog.Description>{description}</Dialog.Description>
        {children}
      </Dialog.Popup>
    </Dialog.Portal>
  </Dialog.Root>
)
