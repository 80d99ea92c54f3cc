/** Carries the request's body into its `IncomingMessage`, a block whenever one is asked for. */
import type { IncomingMessage } from './builtin.ts';
import type { Incoming } from './incoming.ts';

export class RequestBodyPump {
  readonly #request: IncomingMessage;
  readonly #incoming: Incoming;
  readonly #blockSize: number;
  /** A block is on its way. */
  #reading = false;
  #asked = false;

  constructor(request: IncomingMessage, incoming: Incoming, blockSize: number) {
    this.#request = request;
    this.#incoming = incoming;
    this.#blockSize = blockSize;
    if (incoming.buffered) request.complete = true;
  }

  /** Whether anything has read the body. */
  get asked(): boolean {
    return this.#asked;
  }

  read(): void {
    this.#asked = true;
    if (this.#reading) return;
    this.#reading = true;
    if (!this.#incoming.buffered) {
      void this.#readBlock();
      return;
    }
    const body = this.#incoming.takeBody();
    if (body) this.#push(body);
    this.#request.push(null);
  }

  async #readBlock(): Promise<void> {
    try {
      const block = await this.#incoming.environ['wsgi.input'].read(this.#blockSize);
      if (this.#request.destroyed) return;
      if (block.length === 0) {
        this.#request.complete = true;
        this.#request.push(null);
      } else {
        this.#reading = false;
        this.#push(block);
      }
    } catch (error) {
      this.#request.destroy(error as Error);
    }
  }

  /** A push of nothing would end some versions of Node's streams early. */
  #push(block: Uint8Array): void {
    if (block.length === 0) return;
    const { buffer, byteOffset, length } = block;
    this.#request.push(Buffer.isBuffer(block) ? block : Buffer.from(buffer, byteOffset, length));
  }
}
