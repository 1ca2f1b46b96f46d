/** What processes that a test starts take over of its own environment: where programs are, and what is compiled already. */
export const inherited: Record<string, string | undefined> = {
  PATH: process.env.PATH,
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
};
