/** The function that a front calls for a request. */
import type { LambdaRequest, LambdaSource } from '../../aws-model.ts';
import type { FrontAnswer } from './front.ts';

/** Which function, and how the front calls it. */
export interface Target {
  readonly frontId: string;
  readonly functionId: string;
  readonly source: LambdaSource;
  readonly request: LambdaRequest;
  /** In place of the one the request makes. */
  readonly event?: unknown;
  /** The response is passed on while it is made. */
  readonly streams?: boolean;
  /** The front answers for CORS by itself. */
  readonly cors?: boolean;
  /** How long the front waits, in ms, and what it answers then. The function runs on. */
  readonly integrationTimeout?: { readonly ms: number; readonly answer: FrontAnswer };
  /** What the front answers to an event over Lambda's limit. */
  readonly tooLarge: FrontAnswer;
}
