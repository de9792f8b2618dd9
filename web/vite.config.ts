import tailwindcss from '@tailwindcss/vite'
import { defineConfig, type Plugin } from 'vite'

export default defineConfig({
  plugins: [tailwindcss(), textsOfTheWeb()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  json: { stringify: true },
  build: {
    outDir: 'dist',
    // Not `assets`: that is the address of the estate's own.
    assetsDir: 'built',
    emptyOutDir: true,
    target: 'baseline-widely-available',
    // An asset in the page itself (`data:`) would be forbidden by the gateway's content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // What screens share comes in one piece; each screen, each language, the chart engine and the QR code in one of their own.
        codeSplitting: {
          groups: [
            {
              name: 'shared',
              test: /node_modules\/(?!uplot|uqr)|\/web\/(?:api|live|parts|shell|words|roles|app-context)/,
            },
          ],
        },
      },
    },
  },
})

/** The catalogues also hold what only the gateway says; a reader's browser gets its own sentences alone. */
function textsOfTheWeb(): Plugin {
  return {
    name: 'texts-of-the-web',
    enforce: 'pre',
    transform(code, id) {
      if (!/\/texts\/[\w-]+\.json$/.test(id)) return null
      const texts = Object.entries(JSON.parse(code) as Record<string, string>)
      return { code: JSON.stringify(Object.fromEntries(texts.filter(([key]) => key.startsWith('web.')))), map: null }
    },
  }
}
