import { get } from 'node:http'

/** What an address answers; only addresses of this machine are asked, since a rehearsal connects to nothing else. */
export async function download(uri: string): Promise<AsyncIterable<Uint8Array>> {
  const { promise, resolve, reject } = Promise.withResolvers<AsyncIterable<Uint8Array>>()
  get(uri, (answer) => {
    if (answer.statusCode === 200) resolve(answer)
    else {
      answer.resume()
      reject(new Error(`HTTP Error ${answer.statusCode}`))
    }
  }).on('error', reject)
  return promise
}

/** True for an address of this machine by plain HTTP. */
export function isHere(uri: string): boolean {
  if (!URL.canParse(uri)) return false
  const { protocol, hostname } = new URL(uri)
  return protocol === 'http:' && (hostname === 'localhost' || /^127(\.\d+){3}$/.test(hostname))
}
