/** Speed instead of safety against a power cut; a killed server loses nothing by it. */
export const quickSettings = { fsync: "off", full_page_writes: "off", max_connections: "200" };
