/**
 * Calls `task` again and again, `task` saying after how many ms it wants to be called next.
 * Waits while the tab is hidden if told so, and calls at once when it is shown again.
 */
export function poll(task: () => Promise<number>, options: { pauseWhenHidden: boolean }): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let running = false
  let stopped = false

  const run = async (): Promise<void> => {
    if (running || stopped) return
    clearTimeout(timer)
    if (options.pauseWhenHidden && document.hidden) return
    running = true
    const nextMs = await task()
    running = false
    if (!stopped) timer = setTimeout(run, nextMs)
  }
  const onVisible = (): void => {
    if (!document.hidden) void run()
  }
  document.addEventListener('visibilitychange', onVisible)
  window.addEventListener('online', onVisible)
  void run()
  return () => {
    stopped = true
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', onVisible)
    window.removeEventListener('online', onVisible)
  }
}
