/** What `fromNodeListener` takes, and how a request is dispatched to each kind. */
import { describe } from '../../base/bytes.ts';
import { type IncomingMessage, nodeHttp, type ServerResponse } from './builtin.ts';
import type { Dispatch } from './internals.ts';

/** A request listener of node:http. If it returns a promise, its rejection fails the response. */
export type NodeListener = (request: IncomingMessage, response: ServerResponse) => unknown;

/** Koa's applications. */
export interface KoaLike {
  callback(): NodeListener;
}
/** Fastify's instances. */
export interface FastifyLike {
  ready(): PromiseLike<unknown>;
  routing(request: IncomingMessage, response: ServerResponse): void;
}
/** NestJS's applications. */
export interface NestLike {
  init(): PromiseLike<unknown>;
  getHttpAdapter(): { getInstance(): unknown };
}
/** Hapi's servers. */
export interface HapiLike {
  initialize(): PromiseLike<unknown>;
  readonly listener: ServerLike;
}
/** `http.Server`, which need not listen. */
export interface ServerLike {
  listenerCount(event: string): number;
  emit(event: string, ...values: unknown[]): boolean;
}

export type NodeApplication =
  | NodeListener
  | KoaLike
  | FastifyLike
  | NestLike
  | HapiLike
  | ServerLike;

export interface Listener {
  dispatch: Dispatch;
  /** Express's prototypes of requests and responses. */
  prototypes?: () => { request: object; response: object } | undefined;
}

/** A listener, or what prepares one: a framework may have work to do before its first request. */
export type Preparation = Listener | (() => Promise<Listener>);

/** @throws {TypeError} for any other value */
export function listenerOf(target: unknown): Preparation {
  if (typeof target === 'function') return functionListener(target as NodeListener);
  if (has(target, 'getHttpAdapter', 'init')) return () => nestListener(target as NestLike);
  if (has(target, 'routing', 'ready')) return () => fastifyListener(target as FastifyLike);
  if (has(target, 'callback', 'use')) return { dispatch: (target as KoaLike).callback() };
  if (has(target, 'initialize') && has(member(target, 'listener'), 'emit', 'listenerCount')) {
    return () => hapiListener(target as HapiLike);
  }
  if (has(target, 'emit', 'listenerCount', 'listen')) return serverListener(target as ServerLike);
  if (has(target, 'handler', 'listen')) {
    const { handler } = target as { handler: NodeListener };
    return functionListener(handler.bind(target));
  }
  throw new TypeError(
    `fromNodeListener() takes a function (request, response), an Express, Connect, Koa, Fastify, NestJS, Hapi or Polka application, or an http.Server; got ${describe(target)}`,
  );
}

function functionListener(listener: NodeListener): Listener {
  return {
    dispatch: listener,
    prototypes() {
      const { request, response } = listener as { request?: unknown; response?: unknown };
      const http = nodeHttp();
      // Koa's applications have members of these names too, which are something else.
      const express =
        isA(request, http.IncomingMessage.prototype) &&
        isA(response, http.ServerResponse.prototype);
      return express ? { request: request as object, response: response as object } : undefined;
    },
  };
}

async function fastifyListener(instance: FastifyLike): Promise<Listener> {
  await instance.ready();
  // Not `inject`, which costs seven times as much and reads every body as text.
  return { dispatch: (request, response) => instance.routing(request, response) };
}

async function nestListener(application: NestLike): Promise<Listener> {
  await application.init();
  const inner = listenerOf(application.getHttpAdapter().getInstance());
  return typeof inner === 'function' ? inner() : inner;
}

async function hapiListener(server: HapiLike): Promise<Listener> {
  await server.initialize();
  return serverListener(server.listener);
}

function serverListener(server: ServerLike): Listener {
  return {
    dispatch(request, response) {
      if (!server.emit('request', request, response)) {
        throw new TypeError(
          "the http.Server has no listener for 'request': give one to createServer()",
        );
      }
    },
  };
}

function has(value: unknown, ...methods: readonly string[]): boolean {
  return methods.every((name) => typeof member(value, name) === 'function');
}

function member(value: unknown, name: string): unknown {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return isObject ? (value as Record<string, unknown>)[name] : undefined;
}

function isA(value: unknown, prototype: object): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.prototype.isPrototypeOf.call(prototype, value)
  );
}
