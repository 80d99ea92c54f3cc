import { expressApp } from './express-app.mjs';
import { require } from './support.mjs';

export const create = () => expressApp(require('express4'), require('body-parser1'));
