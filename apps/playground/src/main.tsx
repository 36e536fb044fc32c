/** Starts the playground. */
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { registerServiceWorker } from './offline/register.ts'
import './styles/base.css'
import './styles/shell.css'
import './styles/controls.css'
import './styles/models.css'

registerServiceWorker()
createRoot(document.getElementById('app')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
