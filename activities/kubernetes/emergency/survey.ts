import { lookAtObjects } from './lookAtObjects.js';
import { readMarker } from './marker.js';
import type { Cluster } from './place.js';
import { missingRights } from './rights.js';
import type { Survey, SurveyInput } from './types.js';

/** {@link EmergencyActivities.surveySystem} */
export async function surveySystem(cluster: Cluster, input: SurveyInput): Promise<Survey> {
  const looking = lookAtObjects(cluster, input);
  const [look, marker, lacking] = await Promise.all([
    looking,
    readMarker(cluster, input.system),
    looking.then(({ objects }) => missingRights(cluster, objects)),
  ]);
  return {
    ...look,
    missingRights: lacking,
    problems: [...look.problems, ...(marker.problem === undefined ? [] : [marker.problem])],
    down: marker.snapshots.map(({ id }) => id),
  };
}
