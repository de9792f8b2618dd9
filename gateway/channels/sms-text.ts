import type { Message } from './channel.ts'

/** The provider refuses a variable that is longer. */
const LONGEST_VALUE = 35

export type Template = Readonly<{ kind: string; phase: string; code: string; text: string }>

/** The approved template for a message; one of kind `other` where its own kind has none. */
export function templateFor(
  templates: readonly Template[],
  { kind, phase }: Pick<Message, 'kind' | 'phase'>,
): Template | null {
  const of = (wanted: string) => templates.find((template) => template.kind === wanted && template.phase === phase)
  const found = of(kind) ?? of('other')
  // Any will do to see whether the channel works.
  return found ?? (phase === 'test' ? (templates[0] ?? null) : null)
}

/** The variables that stand in a template, with their values as they may be sent. */
export function valuesFor(
  { text }: Pick<Template, 'text'>,
  { values = {} }: Pick<Message, 'values'>,
): Record<string, string> {
  const names = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name!)
  return Object.fromEntries(names.map((name) => [name, shortened(values[name] ?? '')]))
}

/** How many parts the provider bills: 70 characters with the signature are one, else 67 to each (a surrogate is two). */
export function smsParts(signName: string, text: string): number {
  const length = `【${signName}】${text}`.length
  return length <= 70 ? 1 : Math.ceil(length / 67)
}

export function filled({ text }: Pick<Template, 'text'>, values: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{(\w+)\}/g, (_, name: string) => values[name] ?? '')
}

function shortened(value: string): string {
  return value.length <= LONGEST_VALUE ? value : `${value.slice(0, LONGEST_VALUE - 1)}…`
}
