/** Events of triggers that are no HTTP requests, by their common names. */
import { createHash } from 'node:crypto';
import { notHttpEvents } from '../aws-model.ts';
import { UsageError } from './command.ts';

type Members = Record<string, unknown>;

const NAMES: Readonly<Record<string, string>> = {
  schedule: 'EventBridge schedule',
  sqs: 'SQS',
  sns: 'SNS',
  s3: 'S3',
  eventbridge: 'EventBridge event',
  dynamodb: 'DynamoDB stream',
  kinesis: 'Kinesis',
};

/** Writes a payload into an event. */
const PAYLOADS: Readonly<Record<string, (event: Members, payload: Uint8Array) => void>> = {
  sqs: (event, payload) => {
    const md5 = createHash('md5').update(payload).digest('hex');
    Object.assign(record(event), { body: textOf(payload), md5OfBody: md5 });
  },
  sns: (event, payload) => {
    Object.assign(record(event)['Sns'] as Members, { Message: textOf(payload) });
  },
  kinesis: (event, payload) => {
    const data = Buffer.from(payload).toString('base64');
    Object.assign(record(event)['kinesis'] as Members, { data });
  },
  eventbridge: (event, payload) => {
    event['detail'] = jsonOf(payload);
  },
};

/** The triggers there are. */
export const triggers: readonly string[] = Object.keys(NAMES);

/**
 * The event of a trigger; `payload` is its message, where it has one.
 *
 * @throws {UsageError} for a payload that the trigger does not take
 */
export function triggerEvent(trigger: string, payload: Uint8Array | undefined): unknown {
  const found = notHttpEvents.find(({ name }) => name === NAMES[trigger]);
  const event = structuredClone(found?.event) as Members;
  if (payload === undefined) return event;
  const write = PAYLOADS[trigger];
  if (!write) {
    throw new UsageError(`--body is for ${Object.keys(PAYLOADS).join(', ')}; ${trigger} has none`);
  }
  write(event, payload);
  return event;
}

function record(event: Members): Members {
  return (event['Records'] as Members[])[0] ?? {};
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function jsonOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(textOf(payload)) as unknown;
  } catch {
    throw new UsageError('--body of eventbridge is its detail, as JSON');
  }
}
