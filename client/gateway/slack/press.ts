import {
  actionIds,
  BUTTON_KEY,
  OLD_BUTTON_KEY,
  readButton,
  type ButtonValue,
} from '../../../activities/slack/buttonValue.js';
import type { Action, Actor, IncidentView } from '../../../workflows/incident/types.js';
import type { IncidentSystem } from '../../incidents/port.js';
import { actIfPermitted, systemOf } from '../security/permitted.js';
import type { GatewayDeps } from '../types.js';
import type { Admitted } from './admit.js';
import type { Press } from './form.js';
import { answerText } from './words.js';
import { howToLink, membershipsOf, systemsFor } from './users.js';

const known: readonly string[] = Object.values(actionIds);

/** Input for a suggested runbook, as the description has it; a button holds only the runbook's id. */
function suggestedInput(
  { incidents }: IncidentSystem,
  runbook: string,
  view: IncidentView | undefined,
): Record<string, unknown> {
  const titles = view?.suggested.filter((one) => one.runbook === runbook).map(({ title }) => title);
  const candidates = incidents.runbooks.filter(({ start }) => start?.runbook === runbook);
  const taken = candidates.find(({ title }) => titles?.includes(title)) ?? candidates[0];
  return taken?.start?.input ?? incidents.checklist.find(({ start }) => start?.runbook === runbook)?.start?.input ?? {};
}

/** What pressing a button asks of the incident. */
function actionOf(button: ButtonValue, actor: Actor, system: IncidentSystem, requestId: string) {
  return (view: IncidentView | undefined): Action => {
    switch (button.a) {
      case 'acknowledge':
        return { type: 'acknowledge', actor };
      case 'escalate':
        // The level that the person saw: a second press, or one that comes after the ladder has climbed, calls nobody twice.
        return { type: 'escalate', actor, expectedLevel: button.l };
      case 'resolve':
        return { type: 'resolve', actor };
      case 'start': {
        const runbook = button.r ?? '';
        return {
          type: 'linkRun',
          actor,
          start: true,
          runbook,
          workflowId: `${runbook}/${system.name}/incident-${requestId.slice(0, 12)}`,
          input: suggestedInput(system, runbook, view),
        };
      }
    }
  };
}

/**
 * Does what a pressed button stands for. Returns what to tell the person; `undefined` for buttons that are not ours, such as links. Nothing
 * of the request is believed but who pressed: the incident, the action and the level are in the button's signed value. Throws `TemporalAway`.
 */
export async function press(deps: GatewayDeps, { sources }: Admitted, pressed: Press): Promise<string | undefined> {
  if (!known.includes(pressed.action)) return undefined;
  const refuse = (reason: string, text: string): string => {
    deps.metrics.refused.inc({ kind: 'slack', source: sources[0]?.name ?? 'unknown', reason });
    return text;
  };
  const keys = deps.secrets.values([BUTTON_KEY, OLD_BUTTON_KEY]);
  if (keys.length === 0)
    return refuse('button', 'Nothing was done: the gateway has no BELAY_BUTTON_KEY, so it cannot trust any button.');
  const button = readButton(pressed.value, keys);
  if (!button || actionIds[button.a] !== pressed.action)
    return refuse(
      'button',
      'Nothing was done: this button was not made by Belay, or long ago under another key. Use `/belay incidents`.',
    );
  const systems = systemsFor(sources, pressed);
  const system = systems.find(({ name }) => name === systemOf(button.i));
  if (!system)
    return refuse('team', 'Nothing was done: this workspace is not connected to the system of that incident.');
  const [membership] = membershipsOf(deps, [system], pressed);
  if (!membership) return refuse('person', howToLink(pressed, [system]));
  const { answer, view } = await actIfPermitted(deps.incidents, {
    system,
    incident: button.i,
    actor: membership.actor,
    requestId: pressed.requestId,
    seenAt: button.t,
    action: actionOf(button, membership.actor, system, pressed.requestId),
  });
  return answerText(answer, view);
}
