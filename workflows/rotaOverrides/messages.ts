import { defineQuery, defineUpdate } from '@temporalio/workflow';
import type { RotaOverride } from '../../activities/oncall/types.js';

/** Somebody takes a span of time of a rota. Instants are ISO 8601 with an offset. */
export interface OverrideInput {
  actor: string;
  person: string;
  from: string;
  to: string;
  reason: string;
  /** Makes a repeat harmless: the first answer is given again. */
  requestId?: string;
}

export interface CancelOverrideInput {
  actor: string;
  id: string;
  reason: string;
  requestId?: string;
}

export interface OverrideAnswer {
  accepted: true;
  answer: string;
  override: RotaOverride;
}

/** What the keeper of a rota's overrides begins with. */
export interface RotaOverridesInput {
  system: string;
  rota: string;
}

export const overrideUpdate = defineUpdate<OverrideAnswer, [OverrideInput]>('override');
export const cancelOverrideUpdate = defineUpdate<OverrideAnswer, [CancelOverrideInput]>('cancelOverride');
export const overridesQuery = defineQuery<RotaOverride[]>('overrides');
