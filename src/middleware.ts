/**
 * Middleware: each is a function that puts one task around an application. All work with any
 * application, also with a bridge, and on any host; `compress`, `etag` and `staticFiles` load
 * Node's modules when they are first used.
 *
 * ```ts
 * import { accessLog, compose, compress, errorPage, staticFiles } from 'gatecall/middleware';
 *
 * const wrap = compose(accessLog, errorPage, compress, [staticFiles, { root: 'public' }]);
 * const served = wrap(application);
 * ```
 */
export { accessLog, type AccessEntry, type AccessLogOptions } from './middleware/access-log.ts';
export { basicAuth, type BasicAuthOptions } from './middleware/basic-auth.ts';
export { bodyLimit, type BodyLimitOptions } from './middleware/body-limit.ts';
export { compose, type ConfigurableMiddleware, type Steps } from './middleware/compose.ts';
export { compress, type CompressOptions, type ContentCoding } from './middleware/compress.ts';
export { conditionalGet } from './middleware/conditional-get.ts';
export { contentLength } from './middleware/content-length.ts';
export { cors, type CorsOptions } from './middleware/cors.ts';
export { errorPage, type ErrorPageOptions } from './middleware/error-page.ts';
export { etag, type EtagOptions } from './middleware/etag.ts';
export { head } from './middleware/head.ts';
export { httpsOnly } from './middleware/https-only.ts';
export { methodOverride, type MethodOverrideOptions } from './middleware/method-override.ts';
export { mount, type MountOptions } from './middleware/mount.ts';
export { proxyFix, type ProxyFixOptions } from './middleware/proxy-fix.ts';
export { requestId, type RequestIdOptions } from './middleware/request-id.ts';
export { safeEqual } from './middleware/safe-equal.ts';
export {
  type SecurityHeader,
  securityHeaders,
  type SecurityHeadersOptions,
} from './middleware/security-headers.ts';
export { serverTiming } from './middleware/server-timing.ts';
export {
  type FileHeaders,
  type FileStat,
  staticFiles,
  type StaticFilesOptions,
} from './middleware/static-files.ts';
export { timeout, type TimeoutOptions } from './middleware/timeout.ts';
export { trustedHosts, type TrustedHostsOptions } from './middleware/trusted-hosts.ts';
