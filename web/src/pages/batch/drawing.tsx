import dagre from "@dagrejs/dagre";
import { Controls, type Edge, MarkerType, type Node, Position, ReactFlow } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { useMemo } from "react";
import { Link } from "react-router";
import { shortId } from "../../lib/text.ts";
import { StateBadge } from "../../ui/state-badge.tsx";
import type { BatchJob } from "./batch-jobs.tsx";
import classes from "./drawing.module.css";
import type { Graph } from "./links.ts";

const width = 190;
const height = 62;

/** The graph, left to right in the order in which its jobs run. Its jobs are links, reached by the Tab key. */
export function Drawing({ graph }: { graph: Graph }) {
  const { nodes, edges } = useMemo(() => layOut(graph), [graph]);
  return (
    <div className={classes.frame} style={{ height: Math.min(520, 140 + nodes.length * 34) }}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        aria-label="Jobs and what they wait for"
        fitView
        fitViewOptions={{ maxZoom: 1, padding: 0.1 }}
        minZoom={0.1}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        preventScrolling={false}
        zoomOnScroll={false}
        proOptions={{ hideAttribution: true }}
      >
        <Controls showInteractive={false} />
      </ReactFlow>
    </div>
  );
}

function layOut({ jobs, links }: Graph): { nodes: Node[]; edges: Edge[] } {
  const plan = new dagre.graphlib.Graph().setGraph({ rankdir: "LR", nodesep: 14, ranksep: 44 });
  plan.setDefaultEdgeLabel(() => ({}));
  for (const { id } of jobs) plan.setNode(id, { width, height });
  for (const { jobId, dependsOn } of links) plan.setEdge(dependsOn, jobId);
  dagre.layout(plan);
  return {
    nodes: jobs.map((job) => {
      const { x, y } = plan.node(job.id);
      return {
        id: job.id,
        position: { x: x - width / 2, y: y - height / 2 },
        width,
        height,
        sourcePosition: Position.Right,
        targetPosition: Position.Left,
        className: classes.node ?? "",
        data: { label: <Label job={job} /> },
      };
    }),
    edges: links.map(({ jobId, dependsOn }) => ({
      id: `${dependsOn} ${jobId}`,
      source: dependsOn,
      target: jobId,
      markerEnd: { type: MarkerType.ArrowClosed },
    })),
  };
}

function Label({ job }: { job: BatchJob }) {
  return (
    <>
      <Link to={`/jobs/${job.id}`} className={`nodrag nopan ${classes.link ?? ""}`}>
        {job.task} {shortId(job.id)}
      </Link>
      <StateBadge state={job.state} />
    </>
  );
}
