import type * as nodeCrypto from 'node:crypto';
import { nodeModule } from '../base/node-module.ts';
import { findHeader, hasDirective } from '../http/headers.ts';
import { checkApplication, checkOptions, isFlag } from '../core/options.ts';
import type { Application } from '../types.ts';
import { wrapResponse } from '../core/response/wrap.ts';

export interface EtagOptions {
  /** Tags that promise the same meaning, not the same bytes: `W/"…"`. Default: false. */
  weak?: boolean;
}

/**
 * Adds an ETag to a body that is a list of blocks: a hash of its bytes. With {@link conditionalGet}
 * around it, a client that has the body gets a 304.
 *
 * ```ts
 * const cached = conditionalGet(etag(application));
 * ```
 *
 * Only for GET with status 200. Does nothing for streams and written data, for a response that has
 * an ETag, and for `Cache-Control: no-store`. HEAD has no bytes to hash: put {@link head} around
 * it.
 *
 * @throws {TypeError} for an unknown option, or when `application` is no function
 */
export function etag(application: Application, options: EtagOptions = {}): Application {
  checkApplication(application);
  checkOptions('etag', options, { weak: isFlag });
  const prefix = options.weak ? 'W/' : '';
  return wrapResponse(application, ({ REQUEST_METHOD }) => {
    if (REQUEST_METHOD !== 'GET') return undefined;
    return ({ headers, code, blocks }) => {
      const skipped =
        findHeader(headers, 'etag') !== undefined || hasDirective(headers, 'no-store');
      if (code !== 200 || !blocks || skipped) return {};
      return { headers: [...headers, ['ETag', `${prefix}"${hashOf(blocks)}"`]] };
    };
  });
}

/** 128 bits of SHA-256 are enough: only the author of both bodies could make two of one hash. */
function hashOf(blocks: readonly Uint8Array[]): string {
  const { createHash } = nodeModule('node:crypto', 'etag()') as typeof nodeCrypto;
  const hash = createHash('sha256');
  for (const block of blocks) hash.update(block);
  return hash.digest('base64url').slice(0, 22);
}
