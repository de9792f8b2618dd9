import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { Preferences } from './preferences.tsx'

/** The page of whoever is not inside yet. */
export function Outside({ title, children }: { title: string; children: ComponentChildren }) {
  useEffect(() => {
    document.title = `${title} · Caretaker`
  }, [title])
  return (
    <main class="mx-auto flex max-w-sm flex-col gap-4 p-4 pt-[12vh]">
      <div class="flex items-center gap-2">
        <img src="/icon.svg" alt="" width="32" height="32" />
        <span class="flex-1 text-lg font-semibold">Caretaker</span>
        <Preferences />
      </div>
      <div class="panel grid gap-4 p-5">
        <h1 class="text-xl font-semibold">{title}</h1>
        {children}
      </div>
    </main>
  )
}
