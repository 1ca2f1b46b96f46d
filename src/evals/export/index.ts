/** Tests and results as files that a spreadsheet, a script or an import can read. */
export { type ExportFormat, exportQuery, sendFile } from "./file.ts";
export { pageOfResults, resultColumns } from "./results.ts";
export { pageOfTests, testColumns } from "./tests.ts";
