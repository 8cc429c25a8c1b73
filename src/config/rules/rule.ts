/**
 * Tells of a mistake: `at` leads to the field from the section the rule is about (empty: the section), and `message`
 * follows the field's name.
 */
export type Complain = (at: readonly (string | number)[], message: string, hint: string) => void
