import express from 'express';
import { environOf } from 'gatecall/bridges/node';

/** An Express application as it stands: nothing in it knows of Lambda but the last route. */
export const app = express();

app.use(express.json());

app.get('/', (request, response) => {
  response.send('Hello from Express\n');
});

app.get('/hello/:name', (request, response) => {
  response.json({ hello: request.params.name, query: request.query });
});

app.post('/echo', (request, response) => {
  response.status(201).json(request.body ?? null);
});

app.get('/countdown', async (request, response) => {
  response.type('text');
  for (const number of ['three', 'two', 'one']) {
    response.write(`${number}\n`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  response.end('go\n');
});

app.get('/where', (request, response) => {
  const environ = environOf(request);
  response.json({ source: environ['gatecall.source'], request: environ['gatecall.request_id'] });
});
