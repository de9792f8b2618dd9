/**
 * @typedef {{ waitUntil(work: Promise<unknown>): void }} Extendable
 * @typedef {{ data: { json(): { title: string, body: string, tag: string, lang: string } } }} Pushed
 * @typedef {{ notification: { close(): void } }} Clicked
 * @typedef {object} PushWorker
 * @property {{ showNotification(title: string, options: object): Promise<void> }} registration
 * @property {{ openWindow(url: string): Promise<unknown> }} clients
 * @property {(type: string, listener: (event: Extendable & Pushed & Clicked) => void) => void} addEventListener
 */
const worker = /** @type {PushWorker} */ (/** @type {unknown} */ (self))

// What a push brings is shown; a newer one of the same notice takes the place of the older. Nothing is stored here.
worker.addEventListener('push', (event) => {
  const { title, body, tag, lang } = event.data.json()
  event.waitUntil(worker.registration.showNotification(title, { body, tag, lang, icon: '/icon.svg', renotify: true }))
})
worker.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(worker.clients.openWindow('/'))
})
