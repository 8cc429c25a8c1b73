import { promisify } from 'node:util'
import { createZstdDecompress, inflateRaw } from 'node:zlib'
import { damaged } from './damage.ts'

const inflate = promisify(inflateRaw)

/** Unpacks one cluster of qcow2, which other bytes may follow in `source`. @throws SindriError when it is not whole */
export async function unpackCluster(
  source: Uint8Array,
  clusterBytes: number,
  compression: 'zlib' | 'zstd',
  at: number,
): Promise<Uint8Array> {
  const unpacked = await (compression === 'zlib'
    ? inflate(source, { maxOutputLength: clusterBytes })
    : unpackZstd(source, clusterBytes)
  ).catch((cause: unknown) => {
    throw damaged('qcow2', `the compressed cluster at ${at} does not unpack (${cause})`)
  })
  if (unpacked.length !== clusterBytes) {
    throw damaged('qcow2', `the compressed cluster at ${at} unpacks to ${unpacked.length} bytes`)
  }
  return unpacked
}

/** Node's one call for zstd takes what follows a frame for another frame, so this stops at the bytes wanted. */
function unpackZstd(source: Uint8Array, wanted: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const unpacked = Buffer.alloc(wanted)
    let done = 0
    const stream = createZstdDecompress({ chunkSize: Math.max(64, wanted) })
    stream.on('data', (chunk: Buffer) => {
      done += chunk.copy(unpacked, done)
      if (done < wanted) return
      resolve(unpacked)
      stream.destroy()
    })
    stream.once('error', reject)
    stream.once('end', () => reject(new Error(`it has only ${done} bytes`)))
    stream.end(source)
  })
}
