import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { useApp, useWords } from '../app-context.ts'
import { Icon, type IconName } from './icon.tsx'

type ScreenProps = Readonly<{
  title: string
  /** Where this screen stands: address and name of the list it belongs to. */
  under?: Readonly<{ href: string; name: string }>
  hint?: string
  /** What the keys do here: of no use on a phone. */
  keys?: string
  aside?: ComponentChildren
  children: ComponentChildren
}>

/** One screen: its heading takes the focus when it is walked to, so that a screen reader knows where it is. */
export function Screen({ title, under, hint, keys, aside, children }: ScreenProps) {
  const { estate, words } = useApp()
  const heading = useRef<HTMLHeadingElement>(null)
  const site = words.of(estate.site.value?.name)
  useEffect(() => {
    document.title = [title, site, 'Caretaker'].filter(Boolean).join(' · ')
  }, [title, site])
  useEffect(() => {
    // Not on the first screen: there the reader starts at the top of the page.
    if (document.activeElement && document.activeElement !== document.body)
      heading.current?.focus({ preventScroll: true })
  }, [])
  return (
    <>
      {under && (
        <a
          href={under.href}
          class="link link-hover quiet mb-1 inline-flex min-h-11 items-center gap-1 text-sm lg:min-h-6"
        >
          <Icon name="arrow-left" />
          {under.name}
        </a>
      )}
      <div class="mb-4 flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div class="min-w-0">
          <h1 ref={heading} tabIndex={-1} class="text-xl font-semibold break-words">
            {title}
          </h1>
          {hint && <p class="quiet mt-0.5 text-sm">{hint}</p>}
          {keys && <p class="quiet mt-0.5 hidden text-sm lg:block">{keys}</p>}
        </div>
        {aside}
      </div>
      {children}
    </>
  )
}

/** Nothing is here, and what happens next. */
export function Empty({ icon, children }: { icon: IconName; children: ComponentChildren }) {
  return (
    <div class="panel quiet flex min-h-32 flex-col items-center justify-center gap-2 border-dashed p-6 text-center">
      <Icon name={icon} class="size-6" />
      <p class="max-w-prose">{children}</p>
    </div>
  )
}

/** Stands where rows will be, in their size. */
export function Skeletons({ count, height }: { count: number; height: string }) {
  const words = useWords()
  return (
    <div aria-busy="true" class="grid gap-2">
      <p class="sr-only">{words.say('web.line.reading')}</p>
      {Array.from({ length: count }, (_, index) => (
        <div key={index} class={`panel ${height} animate-pulse`} />
      ))}
    </div>
  )
}

export function Panel({
  title,
  aside,
  children,
}: {
  title: string
  aside?: ComponentChildren
  children: ComponentChildren
}) {
  return (
    <section class="panel min-w-0 p-4" aria-label={title}>
      <div class="mb-2 flex items-center justify-between gap-2">
        <h2 class="font-semibold">{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  )
}

/** Facts about one thing: name and value. What is null is left out. */
export function Facts({ facts }: { facts: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="grid grid-cols-[fit-content(42%)_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-sm">
      {facts
        .filter(([, value]) => value !== null && value !== undefined && value !== '')
        .map(([name, value]) => (
          <>
            <dt key={name} class="quiet">
              {name}
            </dt>
            <dd class="min-w-0 break-words">{value}</dd>
          </>
        ))}
    </dl>
  )
}
