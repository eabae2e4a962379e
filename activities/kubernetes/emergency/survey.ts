import { lookAtObjects } from './lookAtObjects.js';
import { readMarker } from './marker.js';
import type { Cluster } from './place.js';
import { missingRights, readRules } from './rights.js';
import type { Survey, SurveyInput } from './types.js';

/** {@link EmergencyActivities.surveySystem} */
export async function surveySystem(cluster: Cluster, input: SurveyInput): Promise<Survey> {
  const [look, marker, rules] = await Promise.all([
    lookAtObjects(cluster, input),
    readMarker(cluster, input.system),
    readRules(cluster),
  ]);
  return {
    ...look,
    missingRights: await missingRights(cluster, look.objects, rules),
    problems: [...look.problems, ...(marker.problem === undefined ? [] : [marker.problem])],
    down: marker.snapshots.map(({ id }) => id),
  };
}
