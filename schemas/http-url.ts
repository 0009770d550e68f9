import { z } from "zod";

export const HttpUrl = z
  .url({ protocol: /^https?$/, error: "must be an http or https URL" })
  .meta({ pattern: "^[hH][tT][tT][pP][sS]?://[^\\s/?#]" });
