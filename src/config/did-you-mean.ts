import { closest, distance } from 'fastest-levenshtein'

/** `did you mean "x"? ` when one of the choices is near enough to be a slip of the fingers, otherwise the empty string. */
export function didYouMean(word: string, choices: readonly string[]): string {
  const near = nearest(word, choices)
  return near === undefined ? '' : `did you mean ${JSON.stringify(near)}? `
}

/** The choice nearest to a misspelt word, if any is near: a third of its letters may differ. */
export function nearest(word: string, choices: readonly string[]): string | undefined {
  if (choices.length === 0 || word.length > 100) return undefined
  const near = closest(word.toLowerCase(), [...choices])
  return distance(word.toLowerCase(), near) <= Math.max(1, Math.floor(near.length / 3)) ? near : undefined
}
