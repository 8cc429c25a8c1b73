/** An EBS that takes every block and keeps none: what it costs is not the client's. Prints its port. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const server = createServer((request, response) => {
  const checksum = request.headers['x-amz-checksum']
  request.resume().on('end', () => {
    response.writeHead(201, { 'x-amz-checksum': checksum, 'x-amz-checksum-algorithm': 'SHA256' }).end()
  })
})
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
