import { nestApp } from './nest-app.mjs';
import { require } from './support.mjs';

export const create = () =>
  nestApp(() => new (require('@nestjs/platform-express').ExpressAdapter)());
