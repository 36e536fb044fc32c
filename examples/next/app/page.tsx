import { Pictures } from './pictures'

export default function Page() {
  return (
    <main>
      <h1>MixFlow with Next</h1>
      <Pictures />
    </main>
  )
}
