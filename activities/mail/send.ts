import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { Context } from '@temporalio/activity';
import { createTransport, type Transporter } from 'nodemailer';
import type { Channel } from '../../systems/schema.js';
import type { SecretResolver } from '../secrets/resolver.js';
import { throwIfCancelled } from '../temporal/heartbeat.js';
import { mailFailure, refused, unavailable } from './errors.js';
import { messageId, type MailText } from './message.js';

/** For one try, from the first look-up of the name to the server's last reply. */
const TRY_MS = 10_000;

export type MailChannel = Extract<Channel, { type: 'mail' }>;

export interface MailDeps {
  secrets: SecretResolver;
  /** Further settings of TLS, such as an authority of one's own (`ca`). Certificates are always checked. */
  tls?: Pick<ConnectionOptions, 'ca'>;
}

export interface Recipient {
  name?: string;
  address: string;
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

/** A transport for one message. Throws `SecretUnresolved`, and `MailRefused` where mails would travel readable. */
export async function mailTransport(deps: MailDeps, channelName: string, channel: MailChannel): Promise<Transporter> {
  const { host, port, security, user, password } = channel;
  if (security === 'none' && !isLoopback(host))
    throw refused(
      channelName,
      `\`security: none\` is only for a server on the same machine, not for ${host}; use starttls or tls`,
    );
  if ((user === undefined) !== (password === undefined))
    throw refused(channelName, 'a login needs both `user` and `password`; add the other one, or leave both out');
  const auth =
    user === undefined || password === undefined ? {} : { auth: { user, pass: await deps.secrets.resolve(password) } };
  return createTransport({
    ...{ host, port, ...auth },
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    tls: { minVersion: 'TLSv1.2', ...deps.tls, rejectUnauthorized: true },
    // A message is text of our own: nothing in it may be read from a file or fetched.
    disableFileAccess: true,
    disableUrlAccess: true,
    connectionTimeout: TRY_MS,
    greetingTimeout: TRY_MS,
    dnsTimeout: TRY_MS,
    socketTimeout: TRY_MS,
    logger: false,
  });
}

/**
 * Sends a mail, one try of at most 10 s. Throws `MailRefused` (final), `MailUnavailable` (retried) and `SecretUnresolved`. A repeat has the
 * same Message-ID, by which mail servers and readers tell that it is one. Returns the recipients that the server refused
 * while it took others.
 */
export async function sendMail(
  deps: MailDeps,
  channelName: string,
  channel: MailChannel,
  to: Recipient[],
  mail: MailText,
): Promise<{ reference: string; rejected: string[] }> {
  const { from } = channel;
  const server = `${channel.host}:${channel.port}`;
  const id = messageId(from, mail.key, ...to.map(({ address }) => address).toSorted());
  const timeout = AbortSignal.timeout(TRY_MS);
  const transport = await mailTransport(deps, channelName, channel);
  try {
    const { rejected } = await transport.sendMail({
      from: { name: 'Belay', address: from },
      to: to.map(({ name = '', address }) => ({ name, address })),
      subject: mail.subject,
      text: mail.text,
      html: mail.html,
      messageId: id,
      // Mails about one incident are one conversation.
      references: messageId(from, 'thread', mail.thread),
      headers: { 'Auto-Submitted': 'auto-generated' },
      priority: mail.urgent ? 'high' : 'normal',
      signal: AbortSignal.any([timeout, Context.current().cancellationSignal]),
    });
    return { reference: id, rejected: rejected ?? [] };
  } catch (error) {
    await throwIfCancelled();
    if (timeout.aborted) throw unavailable(channelName, `${server} did not take the mail within ${TRY_MS / 1000} s`);
    throw mailFailure(error, channelName, server);
  } finally {
    transport.close();
  }
}
