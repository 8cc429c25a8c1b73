import { expect, test } from 'vitest'
import { profileIn } from './config-file.ts'

const text = `
# the administrator's
[DEFAULT]
user=ocid1.user.oc1..admin
region = eu-frankfurt-1

[ BUILDER ]
user = ocid1.user.oc1..builder
key_file=~/keys/a=b.pem
; pass_phrase=no
`

test('a profile has its own fields, and those of DEFAULT where it has none', () => {
  expect(profileIn(text, 'BUILDER')).toEqual({
    user: 'ocid1.user.oc1..builder',
    region: 'eu-frankfurt-1',
    key_file: '~/keys/a=b.pem',
  })
  expect(profileIn(text.replaceAll('\n', '\r\n'), 'DEFAULT')).toEqual({
    user: 'ocid1.user.oc1..admin',
    region: 'eu-frankfurt-1',
  })
})

test('a profile that is not there is none', () => {
  expect(profileIn(text, 'OTHER')).toBeUndefined()
  expect(profileIn('', 'DEFAULT')).toBeUndefined()
})
