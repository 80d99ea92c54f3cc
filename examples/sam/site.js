import { setTimeout as sleep } from 'node:timers/promises';
import express from 'express';
import { toStreamingLambdaHandler } from 'gatecall/aws';
import { fromNodeListener } from 'gatecall/bridges/node';

const app = express();

app.get('/', async (request, response) => {
  response.type('html');
  response.write('<h1>Today in the shop</h1>\n');
  for (const thing of ['apples', 'bread', 'cheese']) {
    await sleep(100);
    response.write(`<p>${thing}</p>\n`);
  }
  response.end();
});

export const handler = toStreamingLambdaHandler(fromNodeListener(app));
