/** Ids that AWS would generate; here they are hashes, so that they stay the same. */
import { createHash } from 'node:crypto';

/** An API's id: ten letters and digits. */
export function apiId(logicalId: string): string {
  return digest(logicalId, 10);
}

/** A Function URL's id: 32 letters and digits. */
export function urlId(logicalId: string): string {
  return digest(`url ${logicalId}`, 32);
}

function digest(text: string, length: number): string {
  const hash = createHash('sha256').update(text).digest();
  return Array.from(hash, (byte) => (byte % 36).toString(36))
    .join('')
    .slice(0, length);
}

/** A request id as HTTP APIs write it. */
export function gatewayRequestId(id: string): string {
  return `${createHash('sha256').update(id).digest('base64url').slice(0, 15)}=`;
}
