import { blockProblems } from './blocks.js';
import { refusal, type Arguments, type SlackAnswer } from './workspace.js';

const MAX_TEXT = 40_000;
/** Of a payload's JSON. */
const MAX_METADATA = 8_000;

/** What Slack says of a message's content; `undefined` when nothing is wrong with it. */
export function contentProblem({
  text,
  blocks,
  metadata,
  parse,
  link_names: links,
}: Arguments): SlackAnswer | undefined {
  if ((text === undefined || text === '') && blocks === undefined) return refusal('no_text');
  if (text !== undefined && typeof text !== 'string') return refusal('invalid_arguments');
  if ((text?.length ?? 0) > MAX_TEXT) return refusal('msg_too_long');
  if (parse !== undefined && parse !== 'none' && parse !== 'full') return refusal('invalid_arguments');
  if (links !== undefined && ![true, false, 'true', 'false'].includes(links as boolean | string))
    return refusal('invalid_arguments');
  if (typeof blocks === 'string') return refusal('invalid_blocks_format');
  const problems = blocks === undefined ? [] : blockProblems(blocks);
  if (problems.length > 0)
    return refusal('invalid_blocks', { errors: problems, response_metadata: { messages: problems } });
  return metadata === undefined ? undefined : metadataProblem(metadata);
}

function metadataProblem(metadata: unknown): SlackAnswer | undefined {
  const { event_type: type, event_payload: payload } = (metadata ?? {}) as Arguments;
  const right = typeof type === 'string' && type !== '' && typeof payload === 'object' && payload !== null;
  if (!right) return refusal('invalid_metadata_format');
  return JSON.stringify(payload).length > MAX_METADATA ? refusal('metadata_too_large') : undefined;
}
