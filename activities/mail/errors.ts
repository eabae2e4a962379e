import { ApplicationFailure } from '@temporalio/common';
import { bounded } from '../secrets/redact.js';

const toChannel = (channelName: string): string => `Mail channel "${channelName}"`;

/** Final: a person must change something first. */
export function refused(channelName: string, why: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`${toChannel(channelName)}: ${why}.`, 'MailRefused');
}

/** Nobody's fault, or not known whose: the retry policy decides. */
export function unavailable(channelName: string, why: string): ApplicationFailure {
  const message = `${toChannel(channelName)}: ${why}.`;
  return ApplicationFailure.create({ type: 'MailUnavailable', message, nonRetryable: false });
}

/** What nodemailer puts into its errors. */
interface SmtpError {
  code?: unknown;
  originalCode?: unknown;
  responseCode?: unknown;
  response?: unknown;
  command?: unknown;
  message?: unknown;
}

/** Reasons of OpenSSL and Node for not trusting a certificate. */
const CERTIFICATE =
  /^(ERR_TLS_CERT_ALTNAME_INVALID|CERT_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+)$/;

/** What a person does about a reply that is final, by the command that got it. */
function cureOf(code: number, command: string): string {
  if (command.startsWith('AUTH') || code === 535 || code === 534)
    return 'check `user` and what `password` leads to; many providers want a password made for an application';
  if (code === 530) return 'the server wants a login; add `user` and `password`';
  if (command.startsWith('MAIL')) return 'the server does not let this login send as `from`; check it';
  if (command.startsWith('RCPT')) return 'check the address of the recipient, and whether this server relays to it';
  if (code === 552) return 'the server finds the message too large; this is a defect of Belay';
  return 'see what the server says';
}

/**
 * The failure that Temporal sees: a message of our own and no cause, so that no command, password or body travels with it. Replies of 4xx
 * and lost connections follow the retry policy; replies of 5xx, certificates that are not trusted and missing encryption are final.
 */
export function mailFailure(error: unknown, channelName: string, server: string): ApplicationFailure {
  const { code, originalCode, responseCode, response, command, message } = (error ?? {}) as SmtpError;
  const said = bounded(String(response ?? message ?? error), 200);
  const during = typeof command === 'string' ? command : '';
  const certificate = [code, originalCode].find(
    (one): one is string => typeof one === 'string' && CERTIFICATE.test(one),
  );
  if (certificate !== undefined) {
    return refused(
      channelName,
      `the certificate of ${server} is not trusted (${certificate}): use the name that stands in it as \`host\`, or give the worker the authority by NODE_EXTRA_CA_CERTS`,
    );
  }
  if (during === 'STARTTLS' && code === 'ETLS') {
    return refused(
      channelName,
      `${server} does not encrypt by STARTTLS ("${said}"): use \`security: tls\` and its port, usually 465`,
    );
  }
  if (typeof responseCode === 'number' && responseCode >= 500)
    return refused(channelName, `${server} refuses ("${said}"): ${cureOf(responseCode, during)}`);
  if (typeof responseCode === 'number' && responseCode >= 400)
    return unavailable(channelName, `${server} asks to try again later ("${said}")`);
  if (code === 'EAUTH' || code === 'ENOAUTH')
    return refused(channelName, `the login at ${server} is not possible ("${said}"): ${cureOf(535, 'AUTH')}`);
  if (code === 'EENVELOPE')
    return refused(channelName, `the addresses are not accepted ("${said}"): check \`from\` and the recipient`);
  return unavailable(channelName, `${server} could not be reached: ${said}`);
}
