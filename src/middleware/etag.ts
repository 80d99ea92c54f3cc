import type * as nodeCrypto from 'node:crypto';
import { nodeModule } from '../base/node-module.ts';
import { findHeader, hasDirective } from '../http/headers.ts';
import { checkApplication, checkOptions, isFlag } from '../core/options.ts';
import type { Application } from '../types.ts';
import { wrapResponse } from '../core/response/wrap.ts';

export interface EtagOptions {
  /** Tags that promise the same meaning, not the same bytes: `W/"…"`. False unless told. */
  weak?: boolean;
}

/**
 * Tags a body that is a list of blocks with a hash of its bytes, so that a client that has it need not get it again: put
 * {@link conditionalGet} around it.
 *
 * ```ts
 * const cached = conditionalGet(etag(application));
 * ```
 *
 * Does nothing but for GET and 200, for streams and written data, where there is an ETag, and where `Cache-Control` says
 * `no-store`. HEAD has no bytes to hash: put {@link head} around it.
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

/** SHA-256, of which 128 bits are plenty: nobody gains by a collision but who writes both bodies. */
function hashOf(blocks: readonly Uint8Array[]): string {
  const { createHash } = nodeModule('node:crypto', 'etag()') as typeof nodeCrypto;
  const hash = createHash('sha256');
  for (const block of blocks) hash.update(block);
  return hash.digest('base64url').slice(0, 22);
}
