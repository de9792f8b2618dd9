import type { SupervisionCase } from '../../api/supervision-types.ts'
import { useWords } from '../../app-context.ts'

const TONE: Readonly<Record<SupervisionCase['state'], string>> = {
  open: 'badge-warning',
  explained: 'badge-info',
  deducted: 'badge-error',
  judged: 'badge-success',
}

export function CaseBadge({ state }: Pick<SupervisionCase, 'state'>) {
  const words = useWords()
  return <span class={`badge badge-soft ${TONE[state]}`}>{words.say(`web.case.state.${state}`)}</span>
}
