// Before the first paint, so that a chosen theme does not flash: the one that was chosen here before, else the system's.
try {
  const theme = localStorage.getItem('mixflow-theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // a page that may store nothing follows the system
}
