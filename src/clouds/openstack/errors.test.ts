import { expect, test } from 'vitest'
import { SindriError } from '../../core/error.ts'
import { connectionError, openStackError, refusalOf } from './errors.ts'

const asked = { rule: 'modify_image', what: 'image 1' }
const page = (text: string) =>
  `<html>\n <head>\n  <title>403 Forbidden</title>\n </head>\n <body>\n  <h1>403 Forbidden</h1>\n  ${text}<br /><br />\n\n </body>\n</html>`

function ours(status: number, text: string): SindriError {
  return openStackError(refusalOf(status, {}, page(text)), asked, 'cloud "one" of /c.yaml')
}

test.each([
  [401, 'This server could not verify', 'credentials'],
  [403, 'You are not authorized to complete modify_image action.', 'denied'],
  [403, 'You are not authorized to complete publicize_image action.', 'denied'],
  [403, 'Image 1 is protected and cannot be deleted.', 'conflict'],
  [403, 'Not allowed to create members for image 1.', 'conflict'],
  [404, 'No image found with ID 1', 'not-found'],
  [409, 'Image ID 1 already exists!', 'conflict'],
  [413, 'Request Entity Too Large', 'failed'],
  [403, 'The request exceeds the quota', 'failed'],
  [400, 'Provided object does not match schema', 'failed'],
  [429, 'Too many requests', 'timeout'],
  [503, 'Service Unavailable', 'timeout'],
])('%i with "%s" is our %s, with what OpenStack said', (status, text, code) => {
  const error = ours(status, text)
  expect(error.code).toBe(code)
  if (code !== 'credentials') expect(error.message).toContain('modify_image on image 1')
  expect(error.message).toContain(text)
})

test('credentials are told with where they come from', () => {
  expect(ours(401, 'no').message).toContain('cloud "one" of /c.yaml')
})

test('a public image that is refused points to the other way', () => {
  expect(ours(403, 'You are not authorized to complete publicize_image action.').hint).toContain('community')
})

test('what was said is found in pages for people, in JSON, and told in one line', () => {
  expect(refusalOf(400, {}, page('&#x27;nope&#x27; is\n\n  &lt;bad&gt;')).message).toBe("'nope' is <bad>")
  expect(
    refusalOf(401, { error: { message: 'The request you have made requires authentication.' } }, '').message,
  ).toMatch(/^The request/)
  expect(refusalOf(502, {}, '').message).toBe('HTTP status 502')
  expect(refusalOf(400, {}, page('x'.repeat(100_000))).message.length).toBeLessThan(501)
})

test('a broken connection is worth another try; a host or certificate that is wrong is not', () => {
  const broken = (code: string) => connectionError(Object.assign(new Error('no'), { code }), asked)
  expect(broken('ECONNRESET').code).toBe('timeout')
  expect(broken('ENOTFOUND')).toMatchObject({ code: 'failed', hint: 'check the network' })
  expect(broken('SELF_SIGNED_CERT_IN_CHAIN').hint).toContain('cacert')
  const already = new SindriError('conflict', 'taken')
  expect(connectionError(already, asked)).toBe(already)
})
