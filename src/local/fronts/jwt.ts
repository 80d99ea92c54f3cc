/**
 * JWT authorizers of HTTP APIs. `--jwks` names the JWK Set that checks tokens on this machine.
 * Without one a request still needs a token that can be read, and its claims are believed.
 *
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
 */
import { createPublicKey, type JsonWebKey as NodeKey, verify } from 'node:crypto';
import type { Authorizer } from '../project.ts';
import { type Access, refuseForbidden, refuseUnauthorized } from './access.ts';
import { type FrontRequest, headerOf, splitTarget } from './front.ts';
import type { JsonWebKey, Services } from './services.ts';

type JwtAuthorizer = Extract<Authorizer, { type: 'jwt' }>;
type Claims = Readonly<Record<string, unknown>>;

interface Token {
  readonly header: Claims;
  readonly claims: Claims;
  readonly signed: string;
  readonly signature: Buffer;
}

export function askJwt(
  authorizer: JwtAuthorizer,
  { keys, say }: Services,
  request: FrontRequest,
): Access {
  const { name, issuer, audience, scopes } = authorizer;
  const token = readToken(tokenText(authorizer.identitySource, request));
  if (!keys) {
    const how = 'give a JWK Set with --jwks to have it checked';
    say(`authorizer ${name} is not enforced locally: ${issuer} has the keys; ${how}`);
  }
  if (!token) return refuse('the request has no token that can be read');
  if (!keys) return { context: contextOf(token.claims, scopes) };
  const { claims } = token;
  if (!isSigned(token, keys)) return refuse('the token is signed by none of the keys');
  if (claims['iss'] !== issuer) return refuse(`its issuer is not ${issuer}`);
  const audiences = [claims['aud'] ?? claims['client_id']].flat();
  if (audience.length > 0 && !audiences.some((it) => audience.includes(String(it)))) {
    return refuse(`its audience is none of ${audience.join(', ')}`);
  }
  const wrongDate = ['exp', 'nbf', 'iat'].find((claim) => !isNumericDate(claims[claim]));
  if (wrongDate !== undefined) return refuse(`its ${wrongDate} is no number of seconds`);
  const { exp = Infinity, nbf = 0, iat = 0 } = claims as Readonly<Record<string, number>>;
  const now = Date.now() / 1000;
  if (exp <= now) return refuse('it has expired');
  if (nbf > now || iat > now) return refuse('it is not valid yet');
  const granted = scopesOf(claims);
  if (scopes.length > 0 && !scopes.some((scope) => granted.includes(scope))) {
    return refuseForbidden(
      `authorizer ${name}: the token has none of the scopes ${scopes.join(', ')}`,
    );
  }
  return { context: contextOf(claims, scopes) };

  function refuse(why: string): Access {
    const challenge = 'Bearer error="invalid_token"';
    return refuseUnauthorized(`authorizer ${name}: ${why}`, token ? challenge : 'Bearer');
  }
}

function tokenText(source: string, request: FrontRequest): string {
  const [, where, name = ''] = /(header|querystring)\.(.+)$/i.exec(source) ?? [];
  const text =
    where?.toLowerCase() === 'querystring'
      ? new URLSearchParams(splitTarget(request.target).query).get(name)
      : headerOf(request, (name || 'authorization').toLowerCase());
  return (text ?? '').replace(/^Bearer\s+/i, '');
}

function readToken(text: string): Token | undefined {
  const [head = '', body = '', signature = '', ...more] = text.split('.');
  if (more.length > 0) return undefined;
  try {
    return {
      header: readPart(head),
      claims: readPart(body),
      signed: `${head}.${body}`,
      signature: Buffer.from(signature, 'base64url'),
    };
  } catch {
    return undefined;
  }
}

function readPart(part: string): Claims {
  const value = JSON.parse(Buffer.from(part, 'base64url').toString()) as unknown;
  if (typeof value !== 'object' || value === null) throw new TypeError('no object');
  return value as Claims;
}

/** API Gateway knows RSA only. */
const DIGESTS: Readonly<Record<string, string>> = {
  RS256: 'sha256',
  RS384: 'sha384',
  RS512: 'sha512',
};

function isSigned({ header, signed, signature }: Token, keys: readonly JsonWebKey[]): boolean {
  const digest = DIGESTS[String(header['alg'])];
  if (digest === undefined) return false;
  return keys
    .filter(({ kty, kid }) => kty === 'RSA' && (kid === undefined || kid === header['kid']))
    .some((key) => {
      const publicKey = createPublicKey({ key: key as NodeKey, format: 'jwk' });
      return verify(digest, Buffer.from(signed), publicKey, signature);
    });
}

/** RFC 7519, section 2. `Number('never') <= now` is false, so that such a token never expired. */
function isNumericDate(value: unknown): boolean {
  return value === undefined || (typeof value === 'number' && Number.isFinite(value));
}

function scopesOf(claims: Claims): string[] {
  const { scope, scp } = claims as { scope?: unknown; scp?: unknown };
  return [scope ?? scp ?? []].flat().flatMap((it) => String(it).split(' '));
}

/** The context of the event, with claims as strings and lists in brackets. */
function contextOf(claims: Claims, scopes: readonly string[]): Record<string, unknown> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(claims)) {
    texts[name] = Array.isArray(value) ? `[${value.join(' ')}]` : textOf(value);
  }
  return { jwt: { claims: texts, scopes: scopes.length > 0 ? scopes : null } };
}

function textOf(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
