import { useApp } from '../../app-context.ts'
import { Screen, Skeletons } from '../../parts/screen.tsx'
import { Banner } from './banner.tsx'
import { Chain } from './chain.tsx'
import { Tiles } from './tiles.tsx'

export function OverviewScreen() {
  const { words, estate } = useApp()
  return (
    <Screen title={words.say('web.screen.overview')}>
      {estate.isReady.value ? (
        <>
          <Banner />
          <Chain />
          <Tiles />
        </>
      ) : (
        <Skeletons count={3} height="h-56" />
      )}
    </Screen>
  )
}
