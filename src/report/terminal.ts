import { styleText } from 'node:util'
import type { SindriEvent } from '../core/events.ts'
import { bytesText } from './bytes.ts'

/** Where people read: standard error, with a live last line when it is a terminal. */
export interface Terminal {
  event(event: SindriEvent): void
  line(text: string): void
  /** Removes the live line; call before anything else is printed, and at the end. */
  settle(): void
}

export interface TerminalOptions {
  readonly stream: NodeJS.WriteStream
  readonly quiet: boolean
  readonly debug: boolean
  readonly now: () => number
}

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

/** Shows events as they come: what began, what it is doing now and for how long, what is done. `NO_COLOR` is honoured. */
export function openTerminal(options: TerminalOptions): Terminal {
  const { stream, now } = options
  const live = stream.isTTY === true && !options.quiet
  const style = (format: Parameters<typeof styleText>[0], text: string): string => styleText(format, text, { stream })
  const begun = new Map<string, { title: string; at: number; phase: string; phaseAt: number }>()
  let shown = false
  let frame = 0
  let timer: NodeJS.Timeout | undefined

  function settle(): void {
    if (shown) stream.write('\r\u001b[2K')
    shown = false
  }
  function line(text: string): void {
    settle()
    stream.write(`${text}\n`)
  }
  function draw(): void {
    const all = [...begun.values()].map(({ title, phase, at }) => `${title}: ${phase} (${elapsed(now() - at)})`)
    if (all.length === 0) return
    settle()
    frame = (frame + 1) % frames.length
    const text = `${frames[frame]} ${all.join(' · ')}`
    stream.write(style('cyan', text.slice(0, Math.max(20, (stream.columns ?? 80) - 1))))
    shown = true
  }
  function begin(id: string, title: string): void {
    begun.set(id, { title, at: now(), phase: 'starting', phaseAt: now() })
    if (live && timer === undefined) timer = setInterval(draw, 120).unref()
  }
  function end(id: string): string {
    const took = begun.get(id)
    begun.delete(id)
    if (begun.size === 0) {
      clearInterval(timer)
      timer = undefined
    }
    return took === undefined ? '' : style('dim', ` (${elapsed(now() - took.at)})`)
  }

  function event(one: SindriEvent): void {
    if (options.quiet && one.type !== 'warning') return
    switch (one.type) {
      case 'note':
        line(one.message)
        break
      case 'debug':
        if (options.debug) line(style('dim', one.message))
        break
      case 'warning':
        line(`${style('yellow', 'Warning:')} ${one.message}`)
        if (one.hint !== undefined) line(`  hint: ${one.hint}`)
        break
      case 'progress':
        progress(one.id, live ? phaseText(one, now() - (begun.get(one.id)?.at ?? now())) : coarse(one))
        break
      case 'setting':
        if (one.change === 'made') line(`${style('green', '✓')} ${one.id}: ${one.from} → ${one.to}`)
        else if (options.debug) line(`  ${one.id}: ${one.to}`)
        break
      case 'step':
        step(one)
    }
  }
  function progress(id: string, phase: string): void {
    const current = begun.get(id)
    if (current === undefined || current.phase === phase) return
    current.phase = phase
    if (!live) line(`  ${id}: ${phase} ${style('dim', `(${elapsed(now() - current.at)})`)}`)
  }
  function step(one: SindriEvent & { type: 'step' }): void {
    const detail = one.detail === undefined ? '' : `: ${one.detail}`
    switch (one.state) {
      case 'started':
        begin(one.id, one.title)
        if (!live) line(one.title)
        break
      case 'resumed':
        begin(one.id, one.title)
        line(`${one.title}: going on with what an earlier run began`)
        break
      case 'adopted':
        line(`${style('green', '✓')} ${one.title}${style('dim', ' (exists)')}`)
        break
      case 'done':
        line(`${style('green', '✓')} ${one.title}${end(one.id)}`)
        break
      case 'failed':
        line(`${style('red', '✗')} ${one.title}${end(one.id)}${detail.split('\n')[0]}`)
        break
      case 'cancelled':
      case 'undone':
        end(one.id)
        line(`${style('yellow', '–')} ${one.title}: ${one.state}`)
    }
  }
  return { event, line, settle }
}

type Progress = SindriEvent & { readonly type: 'progress' }

/** `sending 41 %, 412 MiB sent, 95.2 MiB/s, 6 s left`. */
function phaseText({ phase, fraction, bytes }: Progress, tookMs: number): string {
  if (bytes === undefined || fraction === undefined) return phase
  const rate = tookMs < 1000 ? 0 : bytes.sent / (tookMs / 1000)
  const leftMs = fraction === 0 ? 0 : (tookMs * (1 - fraction)) / fraction
  const speed = rate === 0 ? '' : `, ${bytesText(rate)}/s, ${elapsed(leftMs)} left`
  return `${phase} ${Math.floor(fraction * 100)} %, ${bytesText(bytes.sent)} sent${speed}`
}

/** The same for a log: one line for every fifth. */
function coarse({ phase, fraction, bytes }: Progress): string {
  return bytes === undefined || fraction === undefined ? phase : `${phase} ${Math.floor(fraction * 5) * 20} %`
}

/** `7 s`, `3 min 12 s`. */
export function elapsed(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}
