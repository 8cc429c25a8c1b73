/** An object on another machine that is read in ranges. */
export interface RemoteObject {
  /** What it is called in messages: a URL without what may be secret in it. */
  readonly name: string
  /** All of its address, which may hold a secret: to be hashed, never to be shown or kept. */
  readonly address: string
  readonly sizeBytes: number
  /** Another one means that it is another object. */
  readonly validator: string
  /**
   * The bytes from `offset` on, at most `length`, as they come. They may end early, and whoever wants more asks again.
   * @throws SindriError `timeout` where another try may help, `conflict` once it is another object than it was
   */
  read(offset: number, length: number, signal: AbortSignal): AsyncIterable<Uint8Array>
  close(): Promise<void>
}
