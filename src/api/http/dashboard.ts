import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Request, Response, Router } from "express";
import { packageRoot, RowlockError } from "../../sdk/index.ts";

export const dashboardPath = "/dashboard/";

export function isDashboard(path: string): boolean {
  return path === "/dashboard" || path.startsWith(dashboardPath);
}

/** Where `npm run web` builds it to, in the repository; where an installed package has it. */
const places = ["web/dist", "dist/web"].map((place) => join(packageRoot, place));

/**
 * The dashboard at `/dashboard/`, as files that need no sign-in: what they show they ask of the API, which does. Every
 * path without a file of its own is a page of the dashboard. Whatever else is under it is installed before.
 */
export function installDashboard(router: Router): void {
  router.get("/dashboard/assets/:name", sendAsset);
  router.get(["/dashboard", "/dashboard/*path"], async (request, response) => {
    const folder = builtPlace();
    if (/^\/dashboard\/(favicon\.svg|theme\.js)$/.test(request.path)) {
      const name = request.path.slice(dashboardPath.length);
      response
        .set("cache-control", "public, max-age=3600")
        .sendFile(name, { root: folder, cacheControl: false });
      return;
    }
    // A new version has other names for its files, so that the page itself is asked for each time.
    response.set("cache-control", "no-cache").sendFile("index.html", { root: folder, cacheControl: false });
  });
}

/** A file that is named after its content: a browser may keep it for good. */
async function sendAsset(request: Request<{ name: string }>, response: Response): Promise<void> {
  const { name } = request.params;
  const file = join(builtPlace(), "assets", name);
  if (!/^[\w-][\w.-]*$/.test(name) || !existsSync(file)) {
    throw new RowlockError(
      "NOT_FOUND",
      `There is no file ${name} of the dashboard. It was updated meanwhile: load the page again.`,
    );
  }
  response.set("cache-control", "public, max-age=31536000, immutable").set("vary", "accept-encoding");
  const encoding = /\.(js|css|svg)$/.test(name) ? request.acceptsEncodings("br", "gzip") : false;
  if (encoding === "br" || encoding === "gzip") {
    response
      .type(name.slice(name.lastIndexOf(".")))
      .set("content-encoding", encoding)
      .send(await compressed(file, encoding));
  } else {
    response.sendFile(file, { cacheControl: false });
  }
}

/** Brotli, which browsers ask for over TLS, is a twelfth smaller; beyond 9 it takes a second for the largest file. */
const compress = {
  br: (content: Buffer) =>
    promisify(brotliCompress)(content, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: content.length },
    }),
  gzip: (content: Buffer) => promisify(gzip)(content, { level: 9 }),
};
/** Compressed once for all; there are as many as the dashboard has files. */
const kept = new Map<string, Promise<Buffer>>();

function compressed(file: string, encoding: "br" | "gzip"): Promise<Buffer> {
  const key = `${encoding} ${file}`;
  let made = kept.get(key);
  if (made === undefined) {
    made = readFile(file).then(compress[encoding]);
    kept.set(key, made);
  }
  return made;
}

/** @throws RowlockError NOT_FOUND */
function builtPlace(): string {
  const place = places.find((one) => existsSync(join(one, "index.html")));
  if (place !== undefined) return place;
  throw new RowlockError(
    "NOT_FOUND",
    "The dashboard is not built. In the repository `npm run web` builds it; `npm start` does so by itself.",
  );
}
