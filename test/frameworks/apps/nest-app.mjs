import { require, get, json, post, usual } from './support.mjs';

/** Without decorators' syntax, which plain JavaScript has not. */
export async function nestApp(adapter) {
  const common = require('@nestjs/common');
  const { NestFactory } = require('@nestjs/core');
  class Controller {
    root() {
      return '<p>Hello</p>';
    }
    json(query) {
      return { query };
    }
    item(id) {
      return { id };
    }
    empty() {}
    redirect() {}
    error() {
      throw new common.ServiceUnavailableException('broken');
    }
    async echo(body) {
      return { body };
    }
  }
  const route = (method, decorators, parameters = []) => {
    const descriptor = Object.getOwnPropertyDescriptor(Controller.prototype, method);
    for (const decorator of decorators) decorator(Controller.prototype, method, descriptor);
    for (const [index, decorator] of parameters.entries())
      decorator(Controller.prototype, method, index);
  };
  route('root', [common.Get('/')]);
  route('json', [common.Get('/json')], [common.Query()]);
  route('item', [common.Get('/items/:id')], [common.Param('id')]);
  route('empty', [common.Get('/empty'), common.HttpCode(204)]);
  route('redirect', [common.Get('/redirect'), common.Redirect('/elsewhere')]);
  route('error', [common.Get('/error')]);
  route('echo', [common.Post('/echo'), common.Header('X-Nest', 'yes')], [common.Body()]);
  common.Controller()(Controller);
  class Module {}
  common.Module({ controllers: [Controller] })(Module);

  const make = () => NestFactory.create(Module, adapter(), { logger: false });
  const [application, served] = [await make(), await make()];
  await served.init();
  const instance = served.getHttpAdapter().getInstance();
  await instance.ready?.();
  return {
    // Not initialised: that is the bridge's to do.
    application,
    listener: instance.routing
      ? (request, response) => instance.routing(request, response)
      : instance,
    requests: [
      ...usual,
      post('/echo', 'application/x-www-form-urlencoded', 'a=1'),
      post('/echo', 'application/json', json([1])),
      get('/', {}, 'PUT'),
    ],
  };
}
