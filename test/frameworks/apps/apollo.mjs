import { get, json, post, require } from './support.mjs';

export async function create() {
  const { ApolloServer } = require('@apollo/server');
  const { expressMiddleware } = require('@as-integrations/express5');
  const express = require('express');
  const server = new ApolloServer({
    typeDefs: 'type Query { hello(name: String!): String, boom: String }',
    resolvers: {
      Query: {
        hello: (_, { name }) => `hello ${name}`,
        boom: () => {
          throw new Error('boom');
        },
      },
    },
    includeStacktraceInErrorResponses: false,
  });
  await server.start();
  const app = express();
  app.use('/graphql', express.json(), expressMiddleware(server));
  const query = (text, variables) =>
    post('/graphql', 'application/json', json({ query: text, variables }));
  return {
    application: app,
    stop: () => server.stop(),
    requests: [
      query('query ($n: String!) { hello(name: $n) }', { n: 'Ann' }),
      query('{ boom }'),
      query('{ nothing }'),
      query('{ hello(name: "x")'),
      get(`/graphql?query=${encodeURIComponent('{hello(name:"get")}')}`, {
        'Apollo-Require-Preflight': 'yes',
      }),
      get('/graphql'),
    ],
  };
}
