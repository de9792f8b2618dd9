import type { ServerCertificate } from '../../api/opcua-types.ts'
import { useApp } from '../../app-context.ts'
import { Facts } from '../../parts/screen.tsx'

/** Whose it says it is, and what tells it from all others. */
export function Certificate({ certificate }: { certificate: ServerCertificate }) {
  const { words } = useApp()
  const { subject, issuer, thumbprint, validFrom, expiresAt } = certificate
  return (
    <div>
      <p class="text-sm break-words">
        {subject} <span class="quiet whitespace-nowrap">{`${validFrom.slice(0, 10)} – ${expiresAt.slice(0, 10)}`}</span>
      </p>
      <Facts
        facts={[
          [words.say('web.opcua.thumbprint'), <code class="break-all">{inGroups(thumbprint)}</code>],
          [words.say('web.opcua.issuer'), issuer === subject ? null : issuer],
        ]}
      />
    </div>
  )
}

/** Four by four, as people compare it. */
function inGroups(thumbprint: string): string {
  return thumbprint.match(/.{1,4}/g)?.join(' ') ?? ''
}
