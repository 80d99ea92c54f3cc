/** The table through `fromFetchHandler(toFetchHandler(application))`, which must change nothing that a `Request` can hold. */
import { fromFetchHandler } from '../../src/bridges/fetch.ts';
import { toFetchHandler } from '../../src/gateways/fetch.ts';
import type { Driver, Subject } from '../../src/testing/conformance.ts';
import type { Application, Environ } from '../../src/types.ts';
import { coreSubject, describeConformance } from './support.ts';

for (const kind of ['buffered', 'streaming'] as const) {
  const core = coreSubject(kind);
  const serve = async (application: Application, mount?: string): Promise<Driver> => {
    const log: string[] = [];
    const handler = toFetchHandler(application, {
      errors: (message) => log.push(message),
      ...(mount !== undefined && { basePath: mount }),
      platform: {
        name: 'bridge',
        remoteAddress: (_request, [context]) =>
          (context as { environ: Environ }).environ.REMOTE_ADDR,
      },
    });
    const driver = await core.serve(fromFetchHandler(handler));
    return { ...driver, log: () => `${driver.log?.() ?? ''}${log.join('\n')}` };
  };
  const subject: Subject = {
    ...core,
    serve: (application) => serve(application),
    serveAt: serve,
    multiprocess: true,
  };
  describeConformance(`fetch and back, ${kind}`, subject);
}
