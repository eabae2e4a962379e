import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  makeContinueAsNewFunc,
  setCurrentDetails,
  setHandler,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import {
  dropOld,
  emptyKeeper,
  type KeeperState,
  nextAt,
  refuseCancel,
  refuseOverride,
  takeCancel,
  takeOverride,
} from './keep.js';
import { cancelOverrideUpdate, overridesQuery, overrideUpdate, type RotaOverridesInput } from './messages.js';

/** A validator's way of saying no. */
function refuse(why: string | undefined): void {
  if (why !== undefined) throw ApplicationFailure.nonRetryable(why, 'Refused');
}

function details({ rota, system }: RotaOverridesInput, { overrides }: KeeperState): string {
  const lines = overrides.map(
    ({ id, person, from, to, reason, by }) => `- \`${id}\` **${person}** ${from} to ${to}: ${reason} (${by})`,
  );
  return [`Overrides of the rota **${rota}** of ${system}: ${lines.length || 'none'}`, '', ...lines].join('\n');
}

/**
 * Keeps the overrides of one rota that people make at run time. They stand in the memo, where whoever resolves the rota reads them without waiting for a
 * worker. Those that are over for a day are forgotten; a keeper that has kept nothing for a day ends.
 */
export async function rotaOverrides(input: RotaOverridesInput & { state?: KeeperState }): Promise<void> {
  const state = input.state ?? emptyKeeper(Date.now());
  let revision = 0;
  const publish = () => {
    revision += 1;
    upsertMemo({ overrides: state.overrides });
    setCurrentDetails(details(input, state));
  };
  setHandler(
    overrideUpdate,
    (override) => {
      const answer = takeOverride(state, override, Date.now());
      publish();
      return answer;
    },
    {
      validator: (override) => refuse(refuseOverride(state, override, Date.now())),
      description:
        'Somebody takes a span of time: {"actor":"alice","person":"bob","from":"2030-12-24T18:00:00+01:00","to":"…","reason":"…"}.',
    },
  );
  setHandler(
    cancelOverrideUpdate,
    (cancelled) => {
      const answer = takeCancel(state, cancelled, Date.now());
      if (!answer) throw ApplicationFailure.nonRetryable(`there is no override ${cancelled.id} any more`, 'Refused');
      publish();
      return answer;
    },
    {
      validator: (cancelled) => refuse(refuseCancel(state, cancelled, Date.now())),
      description: 'An override is not needed any more: {"actor":"alice","id":"o1","reason":"…"}.',
    },
  );
  setHandler(overridesQuery, () => state.overrides, { description: 'The overrides, in the order of their making.' });
  publish();
  for (;;) {
    if (workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished);
      // The next run's first task may be late; until then whoever resolves the rota reads this memo.
      const next = makeContinueAsNewFunc<typeof rotaOverrides>({ memo: { overrides: state.overrides } });
      await next({ ...input, state });
    }
    if (dropOld(state, Date.now())) publish();
    if (state.overrides.length === 0 && Date.now() >= nextAt(state)) return;
    const seen = revision;
    await condition(() => revision !== seen, Math.max(1, nextAt(state) - Date.now()), { summary: 'Next to forget' });
  }
}
