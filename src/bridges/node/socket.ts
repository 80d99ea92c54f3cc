/**
 * What `req.socket` is. There is no socket, because a front speaks HTTP with the client. But Node's
 * own request and response call one (reading resumes it, destroying destroys it, timeouts are its),
 * and this one passes their calls on to the exchange.
 */
import { EventEmitter } from 'node:events';
import type { ExchangeHooks } from './internals.ts';

/**
 * An `EventEmitter` without its constructor, which makes a dictionary of listeners for each object.
 * `on` makes one where there is none, and most requests are over before anything listens.
 */
const Emitter = function () {} as unknown as typeof EventEmitter;
Emitter.prototype = EventEmitter.prototype;

export class BridgeSocket extends Emitter {
  _events: object | undefined = undefined;
  _eventsCount = 0;

  /** Underscored as Node's own `_httpMessage` is. */
  readonly _exchange: ExchangeHooks;
  encrypted: boolean;
  // To on-finished and body-parser a request is over when its socket is not readable.
  readable = true;
  writable = true;
  destroyed = false;
  timeout = 0;
  _httpMessage: unknown = null;
  _paused = false;
  /** `destroySoon()` was called: the socket closes with the response. */
  #endsWithResponse = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(exchange: ExchangeHooks) {
    super();
    this._exchange = exchange;
    this.encrypted = exchange.incoming.secure;
  }

  /** Whether nothing may be written any more, although the socket is not destroyed. */
  get ended(): boolean {
    return !this.writable && !this.destroyed;
  }

  // ── Addresses ─────────────────────────────────────────────────────────────────────────────────

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

  // ── What Node's messages ask of it ────────────────────────────────────────────────────────────

  get writableHighWaterMark(): number {
    return this._exchange.highWaterMark;
  }

  get writableLength(): number {
    return this._exchange.queued;
  }

  /** `IncomingMessage.prototype._read` calls this when the request is read. */
  resume(): this {
    this._exchange.readBody();
    return this;
  }

  destroy(error?: Error | null): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    this.readable = false;
    this.writable = false;
    clearTimeout(this.#timer);
    this._exchange.socketDestroyed(error ?? undefined);
    return this;
  }

  /** Closes once the response has left; one that is ended only now still arrives. */
  destroySoon(): this {
    this.#endsWithResponse = true;
    if (this._exchange.closed) this.responseClosed();
    return this;
  }

  /** The response has left. */
  responseClosed(): void {
    if (this.#endsWithResponse) this.destroy();
  }

  /**
   * In ms without a block written; 0 for never. Without a listener the response fails, as behind
   * node:http.
   */
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
      this.#timer = setTimeout(() => this._exchange.socketTimedOut(), this.timeout);
    }
  }

  stopTimeout(): void {
    this.timeout = 0;
    clearTimeout(this.#timer);
  }

  // ── Members that need a real connection ───────────────────────────────────────────────────────

  write(): boolean {
    return true;
  }

  /** What was written arrives, and nothing after it: a response that was not ended is broken. */
  end(): this {
    if (!this.writable) return this;
    this.writable = false;
    this._exchange.socketEnded();
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
