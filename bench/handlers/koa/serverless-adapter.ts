import { KoaFramework } from '@h4ad/serverless-adapter/frameworks/koa';
import { app } from '../../apps/koa.ts';
import { adapter } from '../../apps/serverless-adapter.ts';

export const handler = adapter(app, new KoaFramework());
