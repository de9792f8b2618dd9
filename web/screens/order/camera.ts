/** What a browser that reads codes offers; most phones do, some desks, and none over plain http. */
type CodeReader = Readonly<{ detect(source: HTMLVideoElement): Promise<readonly Readonly<{ rawValue: string }>[]> }>
type CodeReaders = { new (options: Readonly<{ formats: readonly string[] }>): CodeReader }

const LOOKS_EVERY_MS = 250

/** Whether this browser can read a tag by itself; otherwise the phone's own camera opens it, or somebody types it. */
export function canReadTags(): boolean {
  return codeReaders() !== null && navigator.mediaDevices !== undefined
}

export type Camera = Readonly<{
  stream: MediaStream
  /** Null where the camera has no light. */
  light: ((isOn: boolean) => Promise<void>) | null
  stop(): void
}>

/** The camera at the back. Rejects when there is none, or when the person says no. */
export async function openCamera(): Promise<Camera> {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' }, audio: false })
  const [track] = stream.getVideoTracks()
  // Not in the list that the language knows: only some phones have it.
  const { torch } = (track?.getCapabilities?.() ?? {}) as { torch?: boolean }
  const light = (isOn: boolean) => track!.applyConstraints({ advanced: [{ torch: isOn } as MediaTrackConstraintSet] })
  return {
    stream,
    light: torch === true ? light : null,
    stop: () => stream.getTracks().forEach((each) => each.stop()),
  }
}

/** Looks at the picture again and again until `found` says that this was it; its answer stops that, too. */
export function readCodes(video: HTMLVideoElement, found: (text: string) => boolean): () => void {
  const reader = new (codeReaders()!)({ formats: ['qr_code'] })
  let timer: ReturnType<typeof setTimeout> | undefined
  let isOver = false
  const look = async () => {
    // A picture that is not there yet cannot be read: the next one may be.
    const codes = await reader.detect(video).catch(() => [])
    if (isOver || codes.some(({ rawValue }) => found(rawValue))) return
    timer = setTimeout(() => void look(), LOOKS_EVERY_MS)
  }
  void look()
  return () => {
    isOver = true
    clearTimeout(timer)
  }
}

/** The tag that a code holds: in the address that is printed, or bare. Null for a code that is something else. */
export function tagIn(text: string): string | null {
  const tag = URL.canParse(text) ? new URL(text).searchParams.get('tag') : text
  return tag !== null && /^[\w-]+\.[\w-]+$/.test(tag) ? tag : null
}

function codeReaders(): CodeReaders | null {
  return (globalThis as { BarcodeDetector?: CodeReaders }).BarcodeDetector ?? null
}
