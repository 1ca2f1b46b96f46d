import type { BatchJob } from "./batch-jobs.tsx";

export type Link = { jobId: string; dependsOn: string };
/** Jobs that wait for one, or that one waits for; and who for whom. */
export type Graph = { jobs: readonly BatchJob[]; links: readonly Link[] };

/** The dependencies between these jobs; those on jobs of elsewhere are left out. */
export function linksOf(jobs: readonly BatchJob[], edges: readonly (Link | null)[]): Graph {
  const known = new Set(jobs.map(({ id }) => id));
  const links = edges
    .filter((edge) => edge !== null)
    .filter(({ jobId, dependsOn }) => known.has(jobId) && known.has(dependsOn));
  const linked = new Set(links.flatMap(({ jobId, dependsOn }) => [jobId, dependsOn]));
  return { jobs: jobs.filter(({ id }) => linked.has(id)), links };
}
