/** Hands a file to the reader; it was made here, no address leads to it. */
export function save(name: string, content: Blob): void {
  const address = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  // The browser has taken it up by then; until then the address must stand.
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}
