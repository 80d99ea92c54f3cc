/** Begins to listen, or says why it cannot. */
import { connect, type Server } from 'node:net';
import { lstatSync, rmSync } from 'node:fs';
import { describeAddress, type ListenAddress } from './address.ts';

/** A server could not be started. A user needs no more than the message. */
export class StartError extends Error {
  override name = 'StartError';
}

/**
 * @returns the address, with the port that 0 has become
 * @throws {StartError} when it cannot be had
 */
export async function listen(server: Server, address: ListenAddress): Promise<ListenAddress> {
  try {
    await begin(server, address);
  } catch (error) {
    if (!('path' in address) || !isTaken(error)) throw cannotListen(address, error);
    // Anything else may be a user's file, a database for example, and is never deleted.
    if (!isSocket(address.path)) {
      throw new StartError(
        `cannot listen at ${describeAddress(address)}: there is a file that is no socket; name another path, or remove it`,
        { cause: error },
      );
    }
    if (await answers(address.path)) throw cannotListen(address, error);
    // A server that was killed has left it.
    rmSync(address.path);
    await begin(server, address);
  }
  const bound = server.address();
  return 'path' in address || typeof bound !== 'object' || bound === null
    ? address
    : { host: address.host, port: bound.port };
}

function begin(server: Server, address: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function isSocket(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSocket() ?? false;
}

/** Whether a server listens on a Unix socket. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'));
  });
}

function isTaken(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
}

function cannotListen(address: ListenAddress, error: unknown): StartError {
  const reason = isTaken(error) ? 'another server is there already' : (error as Error).message;
  return new StartError(`cannot listen at ${describeAddress(address)}: ${reason}`, {
    cause: error,
  });
}
