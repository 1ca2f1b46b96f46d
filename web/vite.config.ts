import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** `npm run web` builds with it; `npx vite web` serves the sources to whoever works on them, with the API behind. */
export default defineConfig({
  root: import.meta.dirname,
  base: "/dashboard/",
  plugins: [react()],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2023",
    // Browsers that know light-dark() themselves: what stands in for it needs the scheme in the style sheet.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    // Every file has a name of its own content, so that browsers may keep it for good; nothing is put inline,
    // which the content security policy would refuse.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Which page loads which files: test/web/size.test.ts adds them up.
    manifest: true,
  },
  server: {
    proxy: Object.fromEntries(
      ["/graphql", "/api", "/ops", "/dashboard/sign-in.json"].map((path) => [
        path,
        { target: process.env.API_URL ?? "http://127.0.0.1:5680", ws: true },
      ]),
    ),
  },
});
