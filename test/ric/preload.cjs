// For `node --require`: makes AWS's runtime client load rapid-client.cjs where it asks for its
// native module, which would have to be compiled. Its node_modules stay as they are, and its worker
// threads inherit this.
'use strict';
const Module = require('node:module');
const path = require('node:path');

/* oxlint-disable no-underscore-dangle -- registerHooks, which needs no such thing, came with Node 22 */
const resolve = Module._resolveFilename;
Module._resolveFilename = function (request, ...rest) {
  if (request === './rapid-client.node') return path.join(__dirname, 'rapid-client.cjs');
  return resolve.call(this, request, ...rest);
};
