/** What this browser keeps for its reader. A browser may forbid its storage; everything works without. */
export function recall(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    // Then it is the default again next time.
  }
}
