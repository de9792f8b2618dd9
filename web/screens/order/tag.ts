import { recall, remember } from '../../words/memory.ts'

const KEPT_AS = 'caretaker.tag'

/** A tag was scanned: the camera opened this page with it in the address. */
export function takeTag(tag: string): void {
  remember(KEPT_AS, tag)
}

/** The tag that was scanned last, if it hangs on this asset. */
export function tagFor(asset: string): string | null {
  const tag = recall(KEPT_AS)
  return tag !== null && tag.startsWith(`${asset}.`) ? tag : null
}
