import type { PageDelivery } from '../incident/types.js';
import { refused } from './errors.js';
import { pageMail } from './message.js';
import { sendMail, type MailDeps } from './send.js';

/** Mails a person their pages. Failures and repeats: see `sendMail`; a person without an address is `MailRefused`. */
export async function sendMailPage(deps: MailDeps, delivery: PageDelivery): Promise<{ reference?: string }> {
  const { channel, target } = delivery.contact;
  const { id, person } = delivery.person;
  if (target.type !== 'mail')
    throw refused(channel, `it is a channel of type ${target.type}; this is a defect of Belay`);
  if (person.email === undefined)
    throw refused(channel, `${id} has no \`email\` among the system's people; add it there`);
  const to = [{ name: person.name, address: person.email }];
  const { reference } = await sendMail(deps, channel, target, to, pageMail(delivery));
  return { reference };
}
