import { useRoute } from 'preact-iso'
import { useEffect, useState } from 'preact/hooks'
import type { Sheets } from '../../api/household-types.ts'
import { useApp } from '../../app-context.ts'
import { Icon } from '../../parts/icon.tsx'
import { Empty, Screen, Skeletons } from '../../parts/screen.tsx'
import { useHouseholdWords } from '../households/sentences.ts'

/** What hangs at each entrance for a notice: a page of paper for each, in both languages, to be read from where one stands. */
export function SheetsScreen() {
  const { words, connection } = useApp()
  const { params } = useRoute()
  const isSaid = useHouseholdWords()
  const notice = params['id'] ?? ''
  const [sheets, setSheets] = useState<Sheets | 'none' | null>(null)
  useEffect(() => {
    connection.get<Sheets>(`/notices/${encodeURIComponent(notice)}/sheets`).then(setSheets, () => setSheets('none'))
  }, [notice])
  if (!isSaid || sheets === null) return <Skeletons count={1} height="h-96" />
  const isEmpty = sheets === 'none' || sheets.sheets.length === 0
  return (
    <>
      <div class="print:hidden">
        <Screen
          title={words.say('web.sheets.title')}
          under={{ href: '/errands', name: words.say('web.screen.errands') }}
          hint={words.say('web.sheets.hint')}
          aside={
            !isEmpty && (
              <button type="button" class="btn btn-primary touch" onClick={() => window.print()}>
                <Icon name="clipboard-list" />
                {words.say('web.errands.print')}
              </button>
            )
          }
        >
          {isEmpty && <Empty icon="circle-check">{words.say('web.sheets.none')}</Empty>}
        </Screen>
      </div>
      {sheets !== 'none' && <Papers sheets={sheets} />}
    </>
  )
}

function Papers({ sheets: { sheets, texts, site, printedAt } }: { sheets: Sheets }) {
  const { words } = useApp()
  return (
    <ul class="grid max-w-3xl gap-4 print:block print:max-w-none">
      {sheets.map(({ task, entrance }) => (
        <li
          key={task}
          data-sheet={task}
          class="panel grid content-start gap-6 p-6 break-after-page last:break-after-auto print:border-0 print:bg-white print:p-0 print:text-black"
        >
          {texts.map(({ language, title, body }) => (
            <section key={language} lang={language} class="grid gap-3">
              <h2 class="text-4xl font-bold break-words print:text-6xl">{title}</h2>
              <p class="text-2xl leading-relaxed break-words whitespace-pre-line print:text-3xl">{body}</p>
            </section>
          ))}
          <p class="border-base-300 border-t pt-3 text-lg print:text-xl">
            {[...new Set([entrance['zh-CN'], entrance.en])].join(' · ')}
            <br />
            {[...new Set([site['zh-CN'], site.en])].join(' · ')} · {words.format.day(printedAt)}
          </p>
        </li>
      ))}
    </ul>
  )
}
