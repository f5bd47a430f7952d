// Adds, lists, takes back, reads the history and is refused, through openapi-fetch and the types that openapi-typescript generated.
// What the document does not describe does not compile.

import createClient from "openapi-fetch";
import type { components, paths, webhooks } from "./physical-keys.js";

declare const process: { env: Record<string, string> };
const { API, TOKEN, API_KEY } = process.env;
const headers = { Authorization: `Bearer ${TOKEN}`, "X-API-Key": API_KEY };
const client = createClient<paths>({ baseUrl: API, headers });
const user = { id: "demo-user" };

function holds(condition: boolean, told: unknown): asserts condition {
  if (!condition) throw new Error(JSON.stringify(told));
}

const added = await client.POST("/users/{id}/AddPhysicalKey", {
  params: { path: user, header: { "Idempotency-Key": "openapi-typescript" } },
  body: { orgId: "demo-org", orgName: "Demo Organisation", note: "Front door" },
});
holds(added.data !== undefined && added.data.event.type === "PhysicalKeyAdded", added.error);
holds(added.data.event.data.note === "Front door", added.data);
const number: number = added.data.number;

const listed = await client.GET("/users/{id}/PhysicalKeys", { params: { path: user, query: { q: "front", limit: 100 } } });
holds(listed.data?.keys.some((key) => key.number === number) === true, listed);

const removed = await client.POST("/users/{id}/RemovePhysicalKey", { params: { path: user }, body: { number } });
holds(removed.data?.event.type === "PhysicalKeyRemoved", removed);

const history = await client.GET("/users/{id}/PhysicalKeyEvents", { params: { path: user } });
holds(history.data !== undefined, history.error);
const [addition, removal] = history.data.events.slice(-2);
holds(addition.event.type === "PhysicalKeyAdded" && addition.event.data.orgId === "demo-org", addition);
holds(addition.disclosures?.note?.text === "Front door", addition);
holds("addedAt" in addition.record.data && addition.record.data.texts?.note?.length === 43, addition);
holds(removal.event.type === "PhysicalKeyRemoved" && removal.event.data.number === number, removal);
holds(removal.previousHash === addition.hash && removal.record.actor.type === "service", removal);

const refused = await client.POST("/users/{id}/RemovePhysicalKey", { params: { path: user }, body: { number } });
const problem: components["schemas"]["Problem"] | undefined = refused.error;
holds(refused.response.status === 404 && problem?.error === "physical_key_not_found", refused);
holds(problem.errors[0]?.pointer === "/number", problem);
const stranger = await createClient<paths>({ baseUrl: API }).GET("/users/{id}/PhysicalKeys", { params: { path: user } });
holds(stranger.response.status === 401 && stranger.error?.error === "credentials_missing", stranger);

// The bus's events are types, too.
type Delivery = webhooks["PhysicalKeyAdded"]["post"]["requestBody"]["content"]["application/json"];
export const partnerOf = (delivery: Delivery): string => `${delivery.detail.partnerId} ${delivery.detail.data.orgId}`;
