import express from 'express5';
import { onExpress } from './express.ts';
import { BYTES_TYPE } from './routes.ts';

export const app = onExpress(express(), {
  json: express.json({ limit: '1mb' }),
  bytes: express.raw({ type: BYTES_TYPE, limit: '2mb' }),
});
