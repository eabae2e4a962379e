import { generate } from 'selfsigned';
import { sendMailPage } from '../../../activities/mail/page.js';
import type { MailDeps } from '../../../activities/mail/send.js';
import type { PageDelivery } from '../../../activities/incident/types.js';
import { createMailSink, type MailSink, type MailSinkOptions } from '../../../sandbox/mail/index.js';
import type { Channel } from '../../../systems/schema.js';
import { inActivity } from '../http/inActivity.js';
import { delivery, secretsOf } from '../paging.js';

export const LOGIN = { user: 'belay', password: 'correct-horse-battery' };
/** The same, as a channel says it. */
export const login = { user: LOGIN.user, password: 'env:PASSWORD' };

/** A certificate for localhost that signs itself. */
export async function localhost(): Promise<{ cert: string; key: string }> {
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    ...{ keyType: 'ec', algorithm: 'sha256', notBeforeDate: new Date(Date.now() - 60_000) },
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  });
  return { cert: made.cert, key: made.private };
}

export const depsOf = (password = LOGIN.password): MailDeps => ({ secrets: secretsOf({ PASSWORD: password }) });

/** A mail server of a test. */
export class Server {
  private constructor(
    readonly sink: MailSink,
    readonly port: number,
  ) {}

  static async start(options: MailSinkOptions = {}): Promise<Server> {
    const sink = createMailSink(options);
    return new Server(sink, await sink.listen());
  }

  channel(more: object = {}): Channel {
    const { port } = this;
    return { type: 'mail', host: '127.0.0.1', port, security: 'none', from: 'belay@example.com', to: [], ...more };
  }

  /** Pages Ada through it. */
  send(
    channel: object = {},
    more: Parameters<typeof delivery>[1] = {},
    deps = depsOf(),
  ): Promise<{ reference?: string }> {
    return inActivity((input: PageDelivery) => sendMailPage(deps, input), delivery(this.channel(channel), more));
  }
}
