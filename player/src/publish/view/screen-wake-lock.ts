/** Keeps the screen on while wanted: a phone that goes to sleep takes its camera along. */
export class ScreenWakeLock {
  #wanted = false
  #lock: WakeLockSentinel | null = null

  constructor() {
    // The browser takes the lock back whenever the tab is hidden.
    document.addEventListener('visibilitychange', () => this.#update())
  }

  set(wanted: boolean): void {
    if (wanted === this.#wanted) return
    this.#wanted = wanted
    this.#update()
  }

  #update(): void {
    if (!('wakeLock' in navigator)) return
    this.#follow().catch((error: unknown) => {
      // Low battery, for example. The broadcast goes on, only the screen may go dark.
      console.info('The screen cannot be kept awake', error)
    })
  }

  async #follow(): Promise<void> {
    if (!this.#wanted) {
      const lock = this.#lock
      this.#lock = null
      await lock?.release()
    } else if (!document.hidden && (this.#lock === null || this.#lock.released)) {
      const lock = await navigator.wakeLock.request('screen')
      if (this.#wanted) this.#lock = lock
      else await lock.release()
    }
  }
}
