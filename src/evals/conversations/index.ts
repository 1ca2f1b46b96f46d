/** Tests of several turns: a simulated user talks with the endpoint, and the whole is judged. */
export { converse } from "./converse.ts";
export { judgedAsWhole } from "./own-goal.ts";
