import { useApp } from '../app-context.ts'
import { Icon } from '../parts/icon.tsx'

/** Language and light: the two buttons stand on every page, also before anybody has signed in. */
export function Preferences() {
  const { words, theme } = useApp()
  const isDark = theme.theme.value === 'dark'
  const isChinese = words.language.value === 'zh-CN'
  return (
    <>
      <button
        type="button"
        class="btn btn-ghost btn-sm touch px-2"
        lang={isChinese ? 'en' : 'zh-CN'}
        data-language={isChinese ? 'en' : 'zh-CN'}
        onClick={() => void words.choose(isChinese ? 'en' : 'zh-CN')}
      >
        {isChinese ? 'English' : '中文'}
      </button>
      <button
        type="button"
        class="btn btn-ghost btn-square btn-sm touch min-w-11 lg:min-w-9"
        aria-label={words.say('web.theme.dark')}
        aria-pressed={isDark}
        title={words.say('web.theme.dark')}
        onClick={theme.toggle}
      >
        <Icon name={isDark ? 'sun' : 'moon'} />
      </button>
    </>
  )
}
