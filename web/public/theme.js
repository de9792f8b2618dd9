// Before the first paint, so that a chosen dark page never flashes white. A browser may forbid its storage.
try {
  const theme = localStorage.getItem('caretaker.theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // Then the system's wish decides.
}
