import { Images } from './images'

export default function Page() {
  return (
    <main>
      <h1>MixFlow with Next</h1>
      <Images />
    </main>
  )
}
