/**
 * Events a Lambda function may be sent that are no HTTP requests, however like one some of them
 * look.
 */

/** One of {@link notHttpEvents}. */
export interface NotHttpEvent {
  name: string;
  event: unknown;
}

const ACCOUNT = '111122223333';
const REGION = 'eu-central-1';
const REST_HOST = 'gcrest0001.execute-api.eu-central-1.amazonaws.com';
const SOCKET_HOST = 'gcsock0001.execute-api.eu-central-1.amazonaws.com';
const TIME = Date.UTC(2026, 0, 10, 9, 30);
const ISO_TIME = new Date(TIME).toISOString();
const LOG_TIME = '10/Jan/2026:09:30:00 +0000';

/** A REST API's REQUEST authorizer: everything of a request but the body, and `methodArn`. */
const authorizerRequest = {
  type: 'REQUEST',
  methodArn: `arn:aws:execute-api:${REGION}:${ACCOUNT}:gcrest0001/live/GET/echo`,
  resource: '/{proxy+}',
  path: '/echo',
  httpMethod: 'GET',
  headers: { Host: REST_HOST, Authorization: 'Bearer example' },
  multiValueHeaders: { Host: [REST_HOST], Authorization: ['Bearer example'] },
  queryStringParameters: {},
  multiValueQueryStringParameters: {},
  pathParameters: { proxy: 'echo' },
  stageVariables: {},
  requestContext: {
    accountId: ACCOUNT,
    apiId: 'gcrest0001',
    domainName: REST_HOST,
    domainPrefix: 'gcrest0001',
    extendedRequestId: 'GcAuthorizerId=',
    httpMethod: 'GET',
    identity: { sourceIp: '203.0.113.7', userAgent: 'gatecall-example/1' },
    path: '/live/echo',
    protocol: 'HTTP/1.1',
    requestId: '0c0ffee0-4444-4222-8333-944455566677',
    requestTime: LOG_TIME,
    requestTimeEpoch: TIME,
    resourceId: 'gcr001',
    resourcePath: '/{proxy+}',
    stage: 'live',
  },
};

const authorizerToken = {
  type: 'TOKEN',
  methodArn: `arn:aws:execute-api:${REGION}:${ACCOUNT}:gcrest0001/live/GET/echo`,
  authorizationToken: 'Bearer example',
};

/** An HTTP API's authorizer, format 2.0: a whole payload 2.0 event beside `routeArn`. */
const authorizerHttpApi = {
  version: '2.0',
  type: 'REQUEST',
  routeArn: `arn:aws:execute-api:${REGION}:${ACCOUNT}:gchttp0002/$default/GET/echo`,
  identitySource: ['Bearer example'],
  routeKey: '$default',
  rawPath: '/echo',
  rawQueryString: '',
  cookies: ['sid=abc123'],
  headers: {
    authorization: 'Bearer example',
    host: 'gchttp0002.execute-api.eu-central-1.amazonaws.com',
  },
  requestContext: {
    accountId: ACCOUNT,
    apiId: 'gchttp0002',
    domainName: 'gchttp0002.execute-api.eu-central-1.amazonaws.com',
    domainPrefix: 'gchttp0002',
    http: {
      method: 'GET',
      path: '/echo',
      protocol: 'HTTP/1.1',
      sourceIp: '203.0.113.7',
      userAgent: 'gatecall-example/1',
    },
    requestId: 'GcAuthorizerId=',
    routeKey: '$default',
    stage: '$default',
    time: LOG_TIME,
    timeEpoch: TIME,
  },
};

function edgeResponse(eventType: 'origin-response' | 'viewer-response'): object {
  return {
    Records: [
      {
        cf: {
          config: {
            distributionDomainName: 'd0gatecallexample.cloudfront.net',
            distributionId: 'E0GATECALL1234',
            eventType,
            requestId: 'GcEdgeRequestId0123456789abcdefghijklmnopqrstuvwxyz0A==',
          },
          request: {
            clientIp: '203.0.113.7',
            method: 'GET',
            uri: '/echo',
            querystring: '',
            headers: { host: [{ key: 'Host', value: 'www.example.com' }] },
          },
          response: {
            status: '200',
            statusDescription: 'OK',
            headers: { 'content-type': [{ key: 'Content-Type', value: 'text/html' }] },
          },
        },
      },
    ],
  };
}

function socketContext(eventType: string, routeKey: string): object {
  return {
    routeKey,
    eventType,
    messageDirection: 'IN',
    connectionId: 'GcConnectionId=',
    connectedAt: TIME - 500,
    extendedRequestId: 'GcSocketRequest=',
    requestId: 'GcSocketRequest=',
    requestTime: LOG_TIME,
    requestTimeEpoch: TIME,
    domainName: SOCKET_HOST,
    stage: 'live',
    apiId: 'gcsock0001',
    identity: { sourceIp: '203.0.113.7', userAgent: 'gatecall-example/1' },
  };
}

/** The upgrade request: headers as of a request, but neither method nor path. */
const socketConnect = {
  headers: { Host: SOCKET_HOST, 'Sec-WebSocket-Version': '13', 'X-Forwarded-For': '203.0.113.7' },
  multiValueHeaders: {
    Host: [SOCKET_HOST],
    'Sec-WebSocket-Version': ['13'],
    'X-Forwarded-For': ['203.0.113.7'],
  },
  requestContext: socketContext('CONNECT', '$connect'),
  isBase64Encoded: false,
};

const socketMessage = {
  requestContext: { ...socketContext('MESSAGE', '$default'), messageId: 'GcMessageId=' },
  body: '{"action":"say","text":"café + a%2Fb"}',
  isBase64Encoded: false,
};

const socketDisconnect = {
  headers: { Host: SOCKET_HOST, 'x-api-key': '', 'X-Forwarded-For': '', 'x-restapi': '' },
  multiValueHeaders: {
    Host: [SOCKET_HOST],
    'x-api-key': [''],
    'X-Forwarded-For': [''],
    'x-restapi': [''],
  },
  requestContext: {
    ...socketContext('DISCONNECT', '$disconnect'),
    disconnectStatusCode: 1001,
    disconnectReason: 'Going away',
  },
  isBase64Encoded: false,
};

const sqs = {
  Records: [
    {
      messageId: '0c0ffee0-5555-4222-8333-944455566677',
      receiptHandle: 'GcReceiptHandle==',
      body: '{"order":17}',
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: String(TIME),
        SenderId: 'AIDAGATECALLEXAMPLE00',
        ApproximateFirstReceiveTimestamp: String(TIME + 1),
      },
      messageAttributes: {},
      md5OfBody: '558da6fedadb1d433414e146f8da40b2',
      eventSource: 'aws:sqs',
      eventSourceARN: `arn:aws:sqs:${REGION}:${ACCOUNT}:orders`,
      awsRegion: REGION,
    },
  ],
};

const sns = {
  Records: [
    {
      EventSource: 'aws:sns',
      EventVersion: '1.0',
      EventSubscriptionArn: `arn:aws:sns:${REGION}:${ACCOUNT}:orders:0c0ffee0-6666-4222-8333-944455566677`,
      Sns: {
        Type: 'Notification',
        MessageId: '0c0ffee0-6666-4222-8333-944455566677',
        TopicArn: `arn:aws:sns:${REGION}:${ACCOUNT}:orders`,
        Subject: 'An order',
        Message: '{"order":17}',
        Timestamp: ISO_TIME,
        SignatureVersion: '1',
        Signature: 'R2F0ZWNhbGw=',
        SigningCertUrl: 'https://sns.eu-central-1.amazonaws.com/example.pem',
        UnsubscribeUrl: 'https://sns.eu-central-1.amazonaws.com/?Action=Unsubscribe',
        MessageAttributes: {},
      },
    },
  ],
};

const s3 = {
  Records: [
    {
      eventVersion: '2.1',
      eventSource: 'aws:s3',
      awsRegion: REGION,
      eventTime: ISO_TIME,
      eventName: 'ObjectCreated:Put',
      userIdentity: { principalId: 'AWS:AIDAGATECALLEXAMPLE00' },
      requestParameters: { sourceIPAddress: '203.0.113.7' },
      responseElements: { 'x-amz-request-id': 'GCREQUEST0000001', 'x-amz-id-2': 'R2F0ZWNhbGw=' },
      s3: {
        s3SchemaVersion: '1.0',
        configurationId: 'uploads',
        bucket: {
          name: 'gatecall-example',
          ownerIdentity: { principalId: 'A0GATECALLEXAMPLE' },
          arn: 'arn:aws:s3:::gatecall-example',
        },
        object: {
          key: 'blue+caf%C3%A9.png',
          size: 70,
          eTag: '0123456789abcdef0123456789abcdef',
          sequencer: '0069621D980000000A',
        },
      },
    },
  ],
};

const dynamodb = {
  Records: [
    {
      eventID: '0123456789abcdef0123456789abcdef',
      eventName: 'INSERT',
      eventVersion: '1.1',
      eventSource: 'aws:dynamodb',
      awsRegion: REGION,
      dynamodb: {
        ApproximateCreationDateTime: TIME / 1000,
        Keys: { id: { S: '17' } },
        NewImage: { id: { S: '17' }, count: { N: '2' } },
        SequenceNumber: '111100000000000000001',
        SizeBytes: 26,
        StreamViewType: 'NEW_IMAGE',
      },
      eventSourceARN: `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/orders/stream/2026-01-10T09:00:00.000`,
    },
  ],
};

const kinesis = {
  Records: [
    {
      kinesis: {
        kinesisSchemaVersion: '1.0',
        partitionKey: '17',
        sequenceNumber: '49600000000000000000000000000000000000000000000000000001',
        data: 'eyJvcmRlciI6MTd9',
        approximateArrivalTimestamp: TIME / 1000,
      },
      eventSource: 'aws:kinesis',
      eventVersion: '1.0',
      eventID: 'shardId-000000000000:49600000000000000000000000000000000000000000000000000001',
      eventName: 'aws:kinesis:record',
      invokeIdentityArn: `arn:aws:iam::${ACCOUNT}:role/gatecall-example`,
      awsRegion: REGION,
      eventSourceARN: `arn:aws:kinesis:${REGION}:${ACCOUNT}:stream/orders`,
    },
  ],
};

const schedule = {
  version: '0',
  id: '0c0ffee0-7777-4222-8333-944455566677',
  'detail-type': 'Scheduled Event',
  source: 'aws.events',
  account: ACCOUNT,
  time: '2026-01-10T09:30:00Z',
  region: REGION,
  resources: [`arn:aws:events:${REGION}:${ACCOUNT}:rule/every-minute`],
  detail: {},
};

const eventBridge = {
  version: '0',
  id: '0c0ffee0-8888-4222-8333-944455566677',
  'detail-type': 'OrderPlaced',
  source: 'gatecall.example',
  account: ACCOUNT,
  time: '2026-01-10T09:30:00Z',
  region: REGION,
  resources: [],
  detail: { order: 17 },
};

/** Some adapters take every unknown `Records` for Lambda@Edge. */
const ses = {
  Records: [
    {
      eventSource: 'aws:ses',
      eventVersion: '1.0',
      ses: {
        mail: {
          timestamp: ISO_TIME,
          source: 'sender@example.com',
          messageId: 'gcmail0000000000000000000000000000000001',
          destination: ['shop@example.com'],
          headersTruncated: false,
          headers: [{ name: 'Subject', value: 'An order' }],
          commonHeaders: {
            returnPath: 'sender@example.com',
            from: ['sender@example.com'],
            date: 'Sat, 10 Jan 2026 09:30:00 +0000',
            to: ['shop@example.com'],
            messageId: '<order-17@example.com>',
            subject: 'An order',
          },
        },
        receipt: {
          timestamp: ISO_TIME,
          processingTimeMillis: 12,
          recipients: ['shop@example.com'],
          spamVerdict: { status: 'PASS' },
          virusVerdict: { status: 'PASS' },
          spfVerdict: { status: 'PASS' },
          dkimVerdict: { status: 'PASS' },
          dmarcVerdict: { status: 'PASS' },
          action: {
            type: 'Lambda',
            functionArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:gatecall-example`,
            invocationType: 'Event',
          },
        },
      },
    },
  ],
};

const cloudWatchLogs = {
  awslogs: {
    data: 'H4sIAAAAAAACA52PTQrCMBhEryKzrrRJxEp2BWtXrtqdiMT6UQNJE5L4h/TuouIFnOU8HsM8YSlGNVD38ASJddVVh23dtlVTI4O7jRQgwRhjnHMuhBDIYNzQBHfxkMgHlahXxuR0V9Yb+uI2BVIWEjc6zhkyxMsx9kH7pN240SZRiJA7KGOw/xj1lcb07p7QJ0iIsvgn762kLcWkrIdk5XJViHLxYdnvLCSaupvl1J/djBcFpv30AuLUKUkKAQAA',
  },
};

/** `records` in lower case, and an object. */
const kafka = {
  eventSource: 'aws:kafka',
  eventSourceArn: `arn:aws:kafka:${REGION}:${ACCOUNT}:cluster/gatecall/0c0ffee0-8888-4222-8333-944455566677-1`,
  bootstrapServers: 'b-1.gatecall.example.com:9092',
  records: {
    'orders-0': [
      {
        topic: 'orders',
        partition: 0,
        offset: 100,
        timestamp: TIME,
        timestampType: 'CREATE_TIME',
        key: 'MTc=',
        value: 'eyJvcmRlciI6MTd9',
        headers: [],
      },
    ],
  },
};

const cognito = {
  version: '1',
  region: REGION,
  userPoolId: 'eu-central-1_GateCall1',
  userName: 'user-17',
  callerContext: {
    awsSdkVersion: 'aws-sdk-unknown-unknown',
    clientId: 'gcclient0000000000000000001',
  },
  triggerSource: 'PreSignUp_SignUp',
  request: { userAttributes: { email: 'user@example.com' }, validationData: {} },
  response: { autoConfirmUser: false, autoVerifyEmail: false, autoVerifyPhone: false },
};

/** `version: '1.0'`, as an HTTP API's payload 1.0. */
const alexa = {
  version: '1.0',
  session: {
    new: true,
    sessionId: 'amzn1.echo-api.session.gatecall-example',
    application: { applicationId: 'amzn1.ask.skill.gatecall-example' },
    user: { userId: 'amzn1.ask.account.EXAMPLE' },
  },
  context: {
    System: {
      application: { applicationId: 'amzn1.ask.skill.gatecall-example' },
      user: { userId: 'amzn1.ask.account.EXAMPLE' },
      apiEndpoint: 'https://api.eu.amazonalexa.com',
    },
  },
  request: {
    type: 'LaunchRequest',
    requestId: 'amzn1.echo-api.request.gatecall-example',
    timestamp: '2026-01-10T09:30:00Z',
    locale: 'en-GB',
  },
};

/** `request.headers`, of a request to the GraphQL endpoint that is not ours to answer. */
const appSync = {
  arguments: { id: '17' },
  identity: null,
  source: null,
  request: {
    headers: { host: 'gatecall.appsync-api.eu-central-1.amazonaws.com' },
    domainName: null,
  },
  prev: null,
  info: {
    selectionSetList: ['id', 'name'],
    selectionSetGraphQL: '{ id name }',
    parentTypeName: 'Query',
    fieldName: 'order',
    variables: {},
  },
  stash: {},
};

/** A rule's SELECT: whatever the device sent. */
const iot = { deviceId: 'sensor-17', method: 'report', path: '/greenhouse', temperature: 21.5 };

const iotAuthorizer = {
  token: 'example',
  signatureVerified: true,
  protocols: ['http', 'tls'],
  protocolData: {
    http: { headers: { host: 'gatecall.iot.eu-central-1.amazonaws.com' }, queryString: '?x=1' },
    tls: { serverName: 'gatecall.iot.eu-central-1.amazonaws.com' },
  },
  connectionMetadata: { id: '0c0ffee0-9999-4222-8333-944455566677' },
};

/**
 * A table of them, for the test that a gateway takes none for a request. An event is shared: do not
 * change it.
 *
 * ```ts
 * for (const { name, event } of notHttpEvents) {
 *   test(name, () => expect(() => handler(event, {})).rejects.toThrow());
 * }
 * ```
 */
export const notHttpEvents: readonly NotHttpEvent[] = [
  { name: 'authorizer of a REST API (REQUEST)', event: authorizerRequest },
  { name: 'authorizer of a REST API (TOKEN)', event: authorizerToken },
  { name: 'authorizer of an HTTP API (2.0)', event: authorizerHttpApi },
  { name: 'Lambda@Edge origin response', event: edgeResponse('origin-response') },
  { name: 'Lambda@Edge viewer response', event: edgeResponse('viewer-response') },
  { name: 'WebSocket CONNECT', event: socketConnect },
  { name: 'WebSocket MESSAGE', event: socketMessage },
  { name: 'WebSocket DISCONNECT', event: socketDisconnect },
  { name: 'SQS', event: sqs },
  { name: 'SNS', event: sns },
  { name: 'S3', event: s3 },
  { name: 'DynamoDB stream', event: dynamodb },
  { name: 'Kinesis', event: kinesis },
  { name: 'EventBridge schedule', event: schedule },
  { name: 'EventBridge event', event: eventBridge },
  { name: 'SES', event: ses },
  { name: 'CloudWatch logs', event: cloudWatchLogs },
  { name: 'Kafka', event: kafka },
  { name: 'Cognito trigger', event: cognito },
  { name: 'Alexa', event: alexa },
  { name: 'AppSync', event: appSync },
  { name: 'IoT rule', event: iot },
  { name: 'IoT authorizer', event: iotAuthorizer },
  { name: 'empty object', event: {} },
];
