import type { Finding } from '../../api/bus-types.ts'
import { useApp } from '../../app-context.ts'

/** What was seen, and what to look at then, the likeliest first. */
export function FindingSteps({ finding, detail }: { finding: Finding; detail?: string | null }) {
  const { words } = useApp()
  return (
    <section class="border-warning mt-2 border-l-4 py-1 pl-3 text-sm" data-finding={finding}>
      <p class="font-medium break-words">
        {words.say(`web.finding.${finding}`)}
        {detail && <span class="quiet font-normal"> ({detail})</span>}
      </p>
      <ol class="mt-1 list-decimal pl-5">
        {words
          .say(`web.check.${finding}`)
          .split('\n')
          .map((step) => (
            <li key={step}>{step}</li>
          ))}
      </ol>
    </section>
  )
}
