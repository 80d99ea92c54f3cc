/**
 * The media types of request bodies that fronts deliver as text. Only a REST API has a setting for
 * it.
 */
import { lookup, mediaType } from './request.ts';
import type { Pair } from './request.ts';

const GATEWAY_TEXT =
  /^(?:text\/.*|application\/(?:json|xml|javascript|ecmascript|.+\+json|.+\+xml))$/;
const BALANCER_TEXT = /^(?:text\/.*|application\/(?:json|xml|javascript))$/;

/** HTTP APIs and Function URLs: text, JSON, XML, JavaScript; forms are base64. */
export function isGatewayText(headers: readonly Pair[]): boolean {
  return GATEWAY_TEXT.test(mediaType(lookup(headers, 'content-type')));
}

/**
 * ALB (user guide, "Lambda functions as targets"): four kinds, and never with a content coding;
 * `+json` is base64.
 */
export function isBalancerText(headers: readonly Pair[]): boolean {
  if (lookup(headers, 'content-encoding') !== undefined) return false;
  return BALANCER_TEXT.test(mediaType(lookup(headers, 'content-type')));
}
