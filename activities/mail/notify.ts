import type { Notification } from '../types.js';
import { refused } from './errors.js';
import { notificationMail } from './message.js';
import { sendMail, type MailChannel, type MailDeps } from './send.js';

/**
 * Mails the channel's `to`. Delivered when the server takes it for at least one of them; `rejected` are the others. Failures and repeats: see
 * `sendMail`.
 */
export async function sendMailNotification(
  deps: MailDeps,
  channelName: string,
  channel: MailChannel,
  notification: Notification,
): Promise<{ delivered: boolean; reference: string; rejected: string[] }> {
  if (channel.to.length === 0)
    throw refused(channelName, 'nobody reads what is told to the channel as a whole; add addresses to `to`');
  const to = channel.to.map((address) => ({ address }));
  return { delivered: true, ...(await sendMail(deps, channelName, channel, to, notificationMail(notification))) };
}
