// A connector definition for the authorization server and the small API of these tests.

/** Who may do what with the notes. */
export const SCOPES = ["notes:read", "notes:write"];

const json = (schema) => ({ "application/json": { schema } });
const entity = (name, action, scope) => ({
  "x-airbyte-entity": name,
  "x-airbyte-action": action,
  ...(scope && { security: [{ oauth: [scope] }] }),
  responses: { 200: { description: "ok", content: json({ type: "object" }) } },
});

/**
 * `number` tells definitions apart; `flow` holds the URLs that it names, `oauth` what only Patchbay's
 * own extension can say.
 */
export function definition(name, number, { api, flow = {}, oauth = {} }) {
  const scopes = Object.fromEntries(SCOPES.map((scope) => [scope, scope]));
  return {
    openapi: "3.1.0",
    info: {
      title: `Notes by ${name}`,
      version: "1.0.0",
      description: "Notes of one account.",
      "x-airbyte-connector-name": name,
      "x-airbyte-external-documentation-urls": [
        { type: "api_reference", title: "Reference", url: "https://notes.example" },
      ],
      "x-airbyte-connector-definition-id": `01dc0000-0000-4000-8000-${String(number).padStart(12, "0")}`,
    },
    servers: [{ url: api }],
    components: {
      securitySchemes: {
        oauth: {
          type: "oauth2",
          description: "Tokens that a person granted.",
          flows: { authorizationCode: { ...flow, scopes } },
          "x-patchbay-oauth": {
            authorize_params: { prompt: "consent" },
            account: { id: "$.account.id", name: "$.account.name" },
            ...oauth,
          },
        },
      },
    },
    paths: {
      "/profile": { get: entity("profile", "get") },
      "/notes": {
        get: { ...entity("notes", "list", "notes:read"), "x-airbyte-record-extractor": "$.notes" },
        post: {
          ...entity("notes", "create", "notes:write"),
          requestBody: {
            required: true,
            content: json({ type: "object", required: ["text"], properties: { text: { type: "string" } } }),
          },
        },
      },
    },
  };
}
