import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HealthServer {
  /** Port it listens on; the chosen one when 0 was asked for. */
  port: number;
  close(): Promise<void>;
}

/**
 * `/healthz` answers 200 while the process lives; `/readyz` 200 only while `ready` says so, else 503 with the reason. Plain text.
 * Bind it to loopback unless a kubelet has to reach it.
 */
export async function startHealthServer(
  listen: { host: string; port: number },
  ready: () => Promise<{ ready: boolean; reason: string }>,
): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const send = (status: number, text: string) =>
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
    if (request.url === '/healthz') send(200, 'ok');
    else if (request.url !== '/readyz') send(404, 'known paths: /healthz, /readyz');
    else
      ready().then(
        (state) => send(state.ready ? 200 : 503, state.reason),
        (error: unknown) => send(503, error instanceof Error ? error.message : String(error)),
      );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(listen.port, listen.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
