import { mailFailure } from './errors.js';
import { mailTransport, type MailChannel, type MailDeps } from './send.js';

/**
 * Connects, encrypts and logs in as a mail would, and sends none. Throws `MailRefused`, `MailUnavailable` and `SecretUnresolved` with
 * what is wrong.
 */
export async function verifyMail(deps: MailDeps, channelName: string, channel: MailChannel): Promise<void> {
  const transport = await mailTransport(deps, channelName, channel);
  try {
    await transport.verify();
  } catch (error) {
    throw mailFailure(error, channelName, `${channel.host}:${channel.port}`);
  } finally {
    transport.close();
  }
}
