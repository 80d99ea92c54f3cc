/**
 * What `req.socket` is. There is no socket: a front has spoken HTTP with the client. But Node's own request and response talk
 * to one (reading resumes it, destroying destroys it, timeouts are its), so that here is where they meet the exchange.
 */
import { EventEmitter } from 'node:events';
import type { Exchange } from './exchange.ts';

/**
 * An `EventEmitter` without its constructor, which makes the dictionary of listeners for each; `on` does so, too, when it finds
 * none, and most requests are over before anybody has listened.
 */
const Emitter = function () {} as unknown as typeof EventEmitter;
Emitter.prototype = EventEmitter.prototype;

export class BridgeSocket extends Emitter {
  _events: object | undefined = undefined;
  _eventsCount = 0;

  /** Underscored, as Node's own `_httpMessage`. */
  readonly _exchange: Exchange;
  encrypted: boolean;
  // On-finished and body-parser take a request whose socket is not readable for one that is over.
  readable = true;
  writable = true;
  destroyed = false;
  timeout = 0;
  _httpMessage: unknown = null;
  _paused = false;
  /** `destroySoon()` was called: the socket closes with the response. */
  #endsWithResponse = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(exchange: Exchange) {
    super();
    this._exchange = exchange;
    this.encrypted = exchange.incoming.secure;
  }

  // ── Who is there ─────────────────────────────────────────────────────────────────────────────────────────────────

  get remoteAddress(): string | undefined {
    return this._exchange.incoming.remoteAddress;
  }

  get remotePort(): number | undefined {
    return portOf(this._exchange.incoming.environ.REMOTE_PORT);
  }

  get remoteFamily(): string | undefined {
    const address = this.remoteAddress;
    return address && (address.includes(':') ? 'IPv6' : 'IPv4');
  }

  get localPort(): number | undefined {
    return portOf(this._exchange.incoming.environ.SERVER_PORT);
  }

  address(): object {
    return {};
  }

  // ── What Node's messages ask of it ───────────────────────────────────────────────────────────────────────────────

  get writableHighWaterMark(): number {
    return this._exchange.highWaterMark;
  }

  get writableLength(): number {
    return this._exchange.queued;
  }

  /** Somebody reads the request: `IncomingMessage.prototype._read` calls this. */
  resume(): this {
    this._exchange.readBody();
    return this;
  }

  /** Nobody else ends an exchange before its time. */
  destroy(error?: Error | null): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    this.readable = false;
    this.writable = false;
    clearTimeout(this.#timer);
    this._exchange.abandon(error ?? undefined);
    return this;
  }

  /** Closes once the response has left; one that is ended only now still arrives. */
  destroySoon(): this {
    this.#endsWithResponse = true;
    if (this._exchange.closed) this.endWithResponse();
    return this;
  }

  /** The response has left. */
  endWithResponse(): void {
    if (this.#endsWithResponse) this.destroy();
  }

  /** In ms without a block written; 0 for never. As behind node:http, nobody listening means the exchange is over. */
  setTimeout(ms: number, listener?: () => void): this {
    if (listener) {
      if (ms > 0) this.once('timeout', listener);
      else this.removeListener('timeout', listener);
    }
    this.timeout = ms;
    this.refreshTimeout();
    return this;
  }

  refreshTimeout(): void {
    clearTimeout(this.#timer);
    if (this.timeout > 0 && !this.destroyed) {
      this.#timer = setTimeout(() => this._exchange.timedOut(), this.timeout);
    }
  }

  stopTimeout(): void {
    this.timeout = 0;
    clearTimeout(this.#timer);
  }

  // ── Of a connection that is not ours ─────────────────────────────────────────────────────────────────────────────

  write(): boolean {
    return true;
  }

  /** No byte leaves after this one: what was written arrives, a response that was not ended is broken. */
  end(): this {
    if (!this.writable) return this;
    this.writable = false;
    this._exchange.endSocket();
    return this;
  }

  pause(): this {
    return this;
  }

  cork(): void {}

  uncork(): void {}

  setKeepAlive(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

function portOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
