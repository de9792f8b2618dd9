import { useEffect, useRef, useState } from 'preact/hooks'
import { useApp } from '../../app-context.ts'
import { type Camera, canReadTags, openCamera, readCodes, tagIn } from './camera.ts'

/**
 * A button that opens the camera on a tag, where the browser can read it; nothing where it cannot. `take` says whether it
 * is the tag that is looked for: another one is named, and the camera goes on.
 */
export function TagCamera({ take }: { take: (tag: string) => boolean }) {
  const { words } = useApp()
  const [isOpen, setOpen] = useState(false)
  if (!canReadTags()) return null
  return isOpen ? (
    <Finder
      take={(tag) => {
        const isTaken = take(tag)
        if (isTaken) setOpen(false)
        return isTaken
      }}
      close={() => setOpen(false)}
    />
  ) : (
    <button type="button" class="btn touch" data-camera="closed" onClick={() => setOpen(true)}>
      {words.say('web.camera.open')}
    </button>
  )
}

function Finder({ take, close }: { take: (tag: string) => boolean; close: () => void }) {
  const { words } = useApp()
  const video = useRef<HTMLVideoElement>(null)
  const [camera, setCamera] = useState<Camera | null>(null)
  const [isLit, setLit] = useState(false)
  const [wrong, setWrong] = useState<string | null>(null)
  useEffect(() => {
    let isWanted = true
    let opened: Camera | null = null
    let stop = () => {}
    openCamera().then(
      (found) => {
        opened = found
        const screen = video.current
        if (!isWanted || !screen) return found.stop()
        setCamera(found)
        screen.srcObject = found.stream
        // A page in the background may not play; the codes are read when it can.
        screen.play().catch(() => {})
        stop = readCodes(screen, (text) => {
          const tag = tagIn(text)
          const isTaken = tag !== null && take(tag)
          if (!isTaken) setWrong(words.say('web.camera.other'))
          return isTaken
        })
      },
      () => isWanted && setWrong(words.say('web.camera.none')),
    )
    return () => {
      isWanted = false
      stop()
      opened?.stop()
    }
  }, [])
  const light = camera?.light ?? null
  return (
    <div class="grid gap-2" data-camera="open">
      <video
        ref={video}
        muted
        playsInline
        aria-label={words.say('web.camera.picture')}
        class="rounded-field bg-base-300 aspect-video max-h-[50vh] w-full object-cover"
      />
      <p role="status" class="min-h-5 text-sm">
        {wrong ?? words.say('web.camera.hint')}
      </p>
      <div class="flex flex-wrap gap-2">
        {light && (
          <button
            type="button"
            class="btn touch"
            aria-pressed={isLit}
            onClick={() =>
              void light(!isLit).then(
                () => setLit(!isLit),
                () => {},
              )
            }
          >
            {words.say('web.camera.light')}
          </button>
        )}
        <button type="button" class="btn touch" onClick={close}>
          {words.say('web.camera.close')}
        </button>
      </div>
    </div>
  )
}
