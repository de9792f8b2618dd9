import { useEffect, useState } from 'preact/hooks'
import type { Both, Page } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { Icon } from '../../parts/icon.tsx'
import { Screen, Skeletons } from '../../parts/screen.tsx'
import { QrCode } from '../account/qr-code.tsx'
import { useOrderSentences } from '../order/sentences.ts'

type AssetTag = Readonly<{ asset: string; name: Both; room: string; tag: string }>

/** Tags to print and hang up: a camera opens the orders of the equipment, and its tag says that somebody is there. */
export function AssetTagsScreen() {
  const { connection, words } = useApp()
  const isSaid = useOrderSentences()
  const [tags, setTags] = useState<readonly AssetTag[] | null>(null)
  useEffect(() => {
    void connection.get<Page<AssetTag>>('/asset-tags').then(({ items }) => setTags(items))
  }, [])
  if (!isSaid) return null
  return (
    <Screen
      title={words.say('web.tags.title')}
      hint={words.say('web.tags.hint')}
      aside={
        <button type="button" class="btn btn-primary touch print:hidden" onClick={() => print()}>
          <Icon name="clipboard-list" />
          {words.say('web.tags.print')}
        </button>
      }
    >
      {tags === null ? (
        <Skeletons count={4} height="h-48" />
      ) : (
        <ul class="grid grid-cols-1 gap-3 sm:grid-cols-2 lg:grid-cols-3 xl:grid-cols-4 print:grid-cols-3">
          {tags.map(({ asset, name, room, tag }) => (
            <li key={asset} class="panel break-inside-avoid p-4 text-center">
              <strong class="block break-words">{words.of(name)}</strong>
              <span class="quiet text-sm">{room}</span>
              <span class="flex justify-center">
                <QrCode
                  text={`${location.origin}/orders?tag=${tag}`}
                  label={words.say('web.tags.of', { asset: words.of(name) })}
                />
              </span>
              <code class="mt-1 block text-xs break-all">{tag}</code>
            </li>
          ))}
        </ul>
      )}
    </Screen>
  )
}
