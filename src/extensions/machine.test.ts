import { expect, test } from 'vitest'
import { distributionOf } from './machine.ts'

test.each([
  ['PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n', 'debian-12'],
  ['ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n', 'ubuntu-24.04'],
  ['ID="arch"\n', 'arch'],
  ['', undefined],
])('the distribution of %j', (text, distribution) => {
  expect(distributionOf(text)).toBe(distribution)
})
