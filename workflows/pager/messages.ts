import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { OncallPerson, Page } from '../../activities/oncall/types.js';

/** A page for the person whose pager this is. */
export interface PageRequest {
  page: Page;
  person: OncallPerson;
}

/** Pages of an incident are not needed any more. */
export interface Recall {
  incident: string;
  why: string;
  /** Pages of these keys stay. */
  keep?: string[];
  /** When that was decided, ms: pages written before are not taken any more either, should they arrive late; those written since stay. */
  at?: number;
}

/** What a pager begins with. */
export interface PagerInput {
  system: string;
  person: string;
}

export const pageSignal = defineSignal<[PageRequest]>('page');
export const recallSignal = defineSignal<[Recall]>('recall');

/** Where the pages of a person stand. */
export interface PagerStatus {
  person: string;
  pending: { key: string; incident: string; title: string; contactsTried: string[]; nextContactAt?: number }[];
  sent: number;
  bundled: number;
}

export const pagerQuery = defineQuery<PagerStatus>('pager');
