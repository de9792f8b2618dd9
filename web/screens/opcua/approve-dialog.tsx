import { useState } from 'preact/hooks'
import type { ServerCertificate } from '../../api/opcua-types.ts'
import { useApp } from '../../app-context.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { RequestForm, useAsking } from '../../parts/request.tsx'

type ApproveDialogProps = Readonly<{
  server: string
  certificate: ServerCertificate
  isExpired: boolean
  onClose: () => void
}>

/** The thumbprint is typed, not confirmed: that it was compared is the whole point. */
export function ApproveDialog({ server, certificate, isExpired, onClose }: ApproveDialogProps) {
  const { words, connection } = useApp()
  const asking = useAsking()
  const [thumbprint, setThumbprint] = useState('')
  const [evenExpired, setEvenExpired] = useState(false)
  const submit = async () => {
    const body = { thumbprint: thumbprint.trim(), ...(evenExpired ? { evenExpired } : {}) }
    const refused = await asking.ask(() =>
      connection.send('POST', `/opcua/${encodeURIComponent(server)}/approve`, body),
    )
    if (refused === null) onClose()
  }
  return (
    <Dialog title={words.say('web.opcua.approve')} onClose={onClose}>
      <RequestForm asking={asking} label={words.say('web.opcua.approve.do')} onSubmit={submit}>
        <p class="text-sm break-words">{certificate.subject}</p>
        <label class="grid gap-1 text-sm">
          <span class="font-medium">{words.say('web.opcua.thumbprint')}</span>
          <input
            class="input touch w-full font-mono"
            name="thumbprint"
            required
            autocomplete="off"
            spellcheck={false}
            pattern="[0-9a-fA-F: ]{40,120}"
            value={thumbprint}
            onInput={(event) => setThumbprint(event.currentTarget.value)}
          />
          <span class="quiet">{words.say('web.opcua.approve.means')}</span>
        </label>
        {isExpired && (
          <label class="flex items-center gap-2 text-sm">
            <input
              type="checkbox"
              class="checkbox"
              checked={evenExpired}
              onInput={(event) => setEvenExpired(event.currentTarget.checked)}
            />
            {words.say('web.opcua.approve.expired')}
          </label>
        )}
      </RequestForm>
    </Dialog>
  )
}
