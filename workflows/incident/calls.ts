import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/types.js';

/**
 * What the worker itself knows, in the same workflow task: an incident must page within a second, and twenty may open in one. Reads the description on the
 * worker's disk, nothing else.
 */
export const atOnce = (summary: string) =>
  proxyLocalActivities<Activities>({
    summary,
    startToCloseTimeout: '15s',
    scheduleToCloseTimeout: '10m',
    retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '10s', maximumAttempts: 80 },
  });

/** Pages: before everything else, repeated quickly, and not for longer than a page is of use. */
export const paging = (summary: string) =>
  proxyActivities<Activities>({
    summary,
    startToCloseTimeout: '20s',
    scheduleToCloseTimeout: '10m',
    retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '5s', maximumAttempts: 150 },
    priority: { priorityKey: 1 },
  });

/** What shows and tells, behind every page. */
export const telling = (summary: string) =>
  proxyActivities<Activities>({
    summary,
    heartbeatTimeout: '15s',
    startToCloseTimeout: '20s',
    scheduleToCloseTimeout: '10m',
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s', maximumAttempts: 40 },
    priority: { priorityKey: 5 },
  });
