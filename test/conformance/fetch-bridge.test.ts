/**
 * The table through `fromFetchHandler(toFetchHandler(application))`, which must change nothing that
 * a `Request` can hold.
 */
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
      log: (message) => log.push(message),
      ...(mount !== undefined && { basePath: mount }),
      // What a Request does not say, the bridge's second argument does.
      platform: {
        name: 'bridge',
        remoteAddress: (_request, given) => environOf(given).REMOTE_ADDR,
        protocol: (_request, given) => environOf(given).SERVER_PROTOCOL,
      },
    });
    const driver = await core.serve(fromFetchHandler(handler));
    return { ...driver, log: () => `${driver.log?.() ?? ''}${log.join('\n')}` };
  };
  const subject: Subject = {
    ...core,
    serve: (application) => serve(application),
    serveAt: serve,
    // The URL standard resolves dot segments.
    limits: [...(core.limits ?? []), 'normalized-path'],
    multiprocess: true,
  };
  describeConformance(`fetch and back, ${kind}`, subject);
}

function environOf([context]: readonly unknown[]): Environ {
  return (context as { environ: Environ }).environ;
}
