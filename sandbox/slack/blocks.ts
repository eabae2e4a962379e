import { z } from 'zod';

/** Slack's limits: https://docs.slack.dev/reference/block-kit/blocks */
const blockId = z.string().min(1).max(255).optional();
const mrkdwn = (max: number) =>
  z.strictObject({ type: z.literal('mrkdwn'), text: z.string().min(1).max(max), verbatim: z.boolean().optional() });
const plain = (max: number) =>
  z.strictObject({ type: z.literal('plain_text'), text: z.string().min(1).max(max), emoji: z.boolean().optional() });
const text = (max: number) => z.discriminatedUnion('type', [mrkdwn(max), plain(max)]);

const confirm = z.strictObject({
  title: plain(100),
  text: text(300),
  confirm: plain(30),
  deny: plain(30),
  style: z.enum(['primary', 'danger']).optional(),
});

const button = z.strictObject({
  type: z.literal('button'),
  text: plain(75),
  action_id: z.string().min(1).max(255).optional(),
  value: z.string().max(2_000).optional(),
  url: z.url().max(3_000).optional(),
  style: z.enum(['primary', 'danger']).optional(),
  confirm: confirm.optional(),
});

const buttons = z
  .array(button)
  .min(1)
  .max(25)
  .refine((all) => {
    const ids = all.map((one) => one.action_id).filter((id) => id !== undefined);
    return new Set(ids).size === ids.length;
  }, 'action_id must be unique in its block');

const block = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('header'), block_id: blockId, text: plain(150) }),
  z
    .strictObject({
      type: z.literal('section'),
      block_id: blockId,
      text: text(3_000).optional(),
      fields: z.array(text(2_000)).min(1).max(10).optional(),
      expand: z.boolean().optional(),
      accessory: button.optional(),
    })
    .refine((section) => section.text !== undefined || section.fields !== undefined, 'needs text or fields'),
  z.strictObject({ type: z.literal('context'), block_id: blockId, elements: z.array(text(3_000)).min(1).max(10) }),
  z.strictObject({ type: z.literal('actions'), block_id: blockId, elements: buttons }),
  z.strictObject({ type: z.literal('divider'), block_id: blockId }),
]);

const blocks = z
  .array(block)
  .max(50)
  .refine((all) => {
    const ids = all.map((one) => one.block_id).filter((id) => id !== undefined);
    return new Set(ids).size === ids.length;
  }, 'block_id must be unique');

/** What is wrong with the blocks of a message, one line each as Slack lists them; empty when nothing is. */
export function blockProblems(value: unknown): string[] {
  const parsed = blocks.safeParse(value);
  if (parsed.success) return [];
  return parsed.error.issues.map(
    (issue) => `[ERROR] ${issue.message} [json-pointer:/blocks/${issue.path.map(String).join('/')}]`,
  );
}
