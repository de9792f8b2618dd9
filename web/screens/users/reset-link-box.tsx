import { useState } from 'preact/hooks'
import type { ResetLink } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'

/** Shown this once, to be handed to the person. */
export function ResetLinkBox({ link: { link, expiresAt } }: { link: ResetLink }) {
  const { words } = useApp()
  const [isCopied, setCopied] = useState(false)
  const whole = location.origin + link
  // Missing on plain http in a local network; there the field is marked whole when it is touched.
  const clipboard = isSecureContext ? navigator.clipboard : undefined
  return (
    <div class="alert alert-info alert-soft grid gap-2" data-reset-link>
      <label class="grid gap-1">
        <span class="text-sm font-medium">{words.say('web.users.link', { time: words.format.clock(expiresAt) })}</span>
        <span class="join">
          <input
            class="input touch join-item text-base-content w-full"
            readOnly
            value={whole}
            onFocus={(event) => event.currentTarget.select()}
          />
          {clipboard && (
            <button
              type="button"
              class="btn touch join-item"
              onClick={() =>
                void clipboard.writeText(whole).then(
                  () => setCopied(true),
                  () => {},
                )
              }
            >
              {words.say(isCopied ? 'web.users.link.copied' : 'web.users.link.copy')}
            </button>
          )}
        </span>
      </label>
    </div>
  )
}
